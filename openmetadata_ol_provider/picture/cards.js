// Makes the cards: name, path, kind, and the columns of those that are opened.

// Rows that a card shows of its columns at first; those with lineage come first if there are more.
const MOST_ROWS = 25;

// Makes the node of a card. The handlers: select(choice), with the keyboard selectByKey(choice), and render().
function makeCard(card, linked, act) {
  const node = element('div', `lineage-card${card.note ? ' note' : ''}${card.alert ? ' alert' : ''}`);
  node.style.setProperty('--system', card.colour);
  node.title = card.full_name;
  const top = node.appendChild(element('div', 'lineage-top'));
  const name = top.appendChild(breakable(element('button', 'lineage-name'), card.name));
  name.setAttribute('aria-label', [card.kind, visible(card.full_name), card.alert].filter(Boolean).join(' '));
  name.setAttribute('aria-pressed', 'false');
  top.append(breakable(element('div', 'lineage-path'), card.path));
  const foot = top.appendChild(element('div', 'lineage-foot'));
  foot.append(element('span', '', card.note ? `${card.kind}, ${card.note}` : card.kind));
  if (card.alert) foot.append(element('span', 'lineage-alert', card.alert));
  // From afar only the name is shown, as large as it fits.
  const far = top.appendChild(breakable(element('div', 'lineage-far'), card.name));
  far.setAttribute('aria-hidden', 'true');
  if (card.columns.length) {
    card.toggle = foot.appendChild(element('button'));
    card.toggle.addEventListener('click', (event) => {
      event.stopPropagation();
      openCard(card, !card.open, linked, act);
      act.render();
    });
  }
  node.addEventListener('click', (event) => act.select({ card }, event));
  Object.assign(card, { node, name_button: name, rows: new Map(), shown: [], open: false, whole: false });
  openCard(card, false, linked, act);
  return node;
}

// Opens or closes the columns of a card.
//   needed: columns that are shown in any case
function openCard(card, wanted, linked, act, needed = new Set()) {
  card.open = wanted;
  if (card.toggle) {
    card.toggle.textContent = wanted ? 'hide columns' : counted(card.columns.length, 'column');
    card.toggle.setAttribute('aria-expanded', String(wanted));
    card.toggle.setAttribute('aria-label', `${card.toggle.textContent} of ${visible(card.name)}`);
  }
  card.list?.remove();
  card.list = null;
  card.rows = new Map();
  card.shown = wanted ? shownColumns(card, linked, needed) : [];
  if (!wanted) return;
  card.list = card.node.appendChild(element('ul', 'lineage-columns'));
  for (const column of card.shown) {
    const row = card.list.appendChild(element('li'));
    row.title = column;
    card.rows.set(column, row);
    const isLinked = linked.has(columnKey(card, column));
    row.append(element(isLinked ? 'button' : 'span', '', visible(column)));
    if (!isLinked) continue;
    row.className = 'linked';
    row.addEventListener('click', (event) => { event.stopPropagation(); act.select({ card, column }, event); });
  }
  const more = card.columns.length - card.shown.length;
  if (!more) return;
  const row = card.list.appendChild(element('li', 'more')).appendChild(element('button', '', `${more} more`));
  row.addEventListener('click', (event) => {
    event.stopPropagation();
    card.whole = true;
    openCard(card, true, linked, act, needed);
    act.render();
  });
}

function shownColumns(card, linked, needed) {
  if (card.whole || card.columns.length <= MOST_ROWS) return card.columns;
  const rank = (column) => (needed.has(columnKey(card, column)) ? 0 : linked.has(columnKey(card, column)) ? 1 : 2);
  const first = [...card.columns].sort((a, b) => rank(a) - rank(b));
  const most = Math.max(MOST_ROWS, card.columns.filter((column) => rank(column) === 0).length);
  const chosen = new Set(first.slice(0, most));
  return card.columns.filter((column) => chosen.has(column));
}

// Whether one of these columns of a card has no row.
function missesRow(card, keys) {
  return card.columns.some((column) => keys.has(columnKey(card, column)) && !card.rows.has(column));
}
