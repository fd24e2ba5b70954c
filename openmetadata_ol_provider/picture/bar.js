// The bar above the picture: heading, search and buttons; and the legend below it.

function makeBar(section, bar, data, act) {
  if (data.full) {
    const heading = bar.appendChild(element('h1'));
    breakable(heading, data.title);
    if (data.note) heading.append(breakable(element('small'), data.note));
  }
  makeSearch(bar, data, act);
  const button = (text, label, press) => {
    const made = bar.appendChild(element('button', '', text));
    made.setAttribute('aria-label', label);
    made.title = label;
    made.addEventListener('click', press);
    return made;
  };
  // In a page of somebody else the wheel scrolls that page.
  const wheel = data.full ? 'wheel' : 'Ctrl and wheel';
  button('+', 'Zoom in', () => act.zoom(1.25)).title = `Zoom in (+, ${wheel})`;
  button('\u2212', 'Zoom out', () => act.zoom(0.8)).title = `Zoom out (-, ${wheel})`;
  button('Fit', 'Show everything', act.fitAll).title = 'Show everything (0)';
  const columns = button('Columns', 'Show or hide all columns', () => columns.setAttribute('aria-pressed', String(act.columns())));
  columns.setAttribute('aria-pressed', 'false');
  if (!data.full) return;
  section.classList.toggle('dark', window.matchMedia('(prefers-color-scheme: dark)').matches);
  button('Theme', 'Light or dark', () => section.classList.toggle('dark'));
}

function makeSearch(bar, data, act) {
  const search = bar.appendChild(element('input'));
  search.type = 'search';
  search.placeholder = 'Search datasets and columns';
  search.setAttribute('aria-label', search.placeholder);
  search.title = 'Enter goes to the next hit, Shift and Enter to the one before';
  const count = bar.appendChild(element('span', 'count'));
  count.setAttribute('role', 'status');
  const total = `${counted(data.cards.length, 'dataset')}, ${counted(data.arrows.length, 'edge')}`;
  let hits = [], hit = -1, words = [];
  count.textContent = total;
  search.addEventListener('input', () => {
    words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    hits = words.length ? data.cards.filter((card) => matches(card, words)) : [];
    hit = -1;
    act.select({});
    for (const card of data.cards) card.node.classList.toggle('off', words.length > 0 && !hits.includes(card));
    count.textContent = words.length ? `${hits.length} of ${data.cards.length}` : total;
  });
  search.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !hits.length) return;
    hit = event.shiftKey ? (hit <= 0 ? hits.length : hit) - 1 : (hit + 1) % hits.length;
    const card = hits[hit];
    // Of a card that was hit by the name of a column, that column.
    const column = matches({ ...card, columns: [] }, words) ? null
      : card.columns.find((name) => words.every((word) => name.toLowerCase().includes(word)));
    act.select({ card, column }, null, true);
    count.textContent = `${hit + 1} of ${hits.length}`;
  });
}

function makeLegend(section, systems) {
  if (!systems.length) return null;
  const legend = section.appendChild(element('div', 'lineage-legend'));
  legend.tabIndex = 0;
  legend.setAttribute('role', 'group');
  legend.setAttribute('aria-label', 'Colours of the systems');
  for (const [name, colour] of systems) {
    const entry = legend.appendChild(element('span'));
    entry.appendChild(element('i')).style.background = colour;
    if (name) breakable(entry, name); else entry.append('no service');
  }
  return legend;
}
