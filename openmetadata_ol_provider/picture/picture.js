// Draws one picture into the section that contains this page's data, and answers mouse, keyboard and search.
const SVG = 'http://www.w3.org/2000/svg';
// Scale at which a large picture begins: names can still be made out.
const READABLE = 0.45;

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function draw(section) {
  const data = JSON.parse(section.querySelector('script').textContent);
  const byId = new Map(data.cards.map((card) => [card.id, card]));
  for (const arrow of data.arrows) { arrow.source = byId.get(arrow.source); arrow.target = byId.get(arrow.target); }
  const linked = new Set(data.arrows.flatMap((arrow) => arrow.columns.flatMap(([source, target]) =>
    [columnKey(arrow.source, source), columnKey(arrow.target, target)])));
  const state = { card: null, arrow: null, column: null };

  const view = section.appendChild(element('div', 'lineage-view'));
  const sheet = view.appendChild(element('div', 'lineage-sheet'));
  const svg = sheet.appendChild(document.createElementNS(SVG, 'svg'));
  const bar = section.appendChild(element('div', 'lineage-bar'));
  const panel = section.appendChild(element('aside', 'lineage-panel'));
  panel.hidden = true;
  panel.setAttribute('aria-live', 'polite');
  const { zoom, fit, centre, uncover, pan } = viewport(view, sheet);
  const covered = () => (panel.hidden ? 0 : panel.offsetWidth);
  // In a narrow window the bar has several lines.
  const above = () => Math.max(60, bar.offsetTop + bar.offsetHeight + 12);
  const fitAll = () => fit(data.cards, { covered: covered(), above: above() });

  // -- cards ---------------------------------------------------------------------------------------------------------
  for (const card of data.cards) {
    const node = element('div', `lineage-card${card.note ? ' note' : ''}`);
    node.tabIndex = 0;
    node.setAttribute('role', 'button');
    node.setAttribute('aria-label', `${card.kind} ${card.path} ${card.name}`);
    node.style.setProperty('--system', card.colour);
    node.append(breakable(element('div', 'lineage-name'), card.name), element('div', 'lineage-path', card.path));
    const foot = node.appendChild(element('div', 'lineage-foot'));
    foot.append(element('span', '', card.note ? `${card.kind}, ${card.note}` : card.kind));
    if (card.columns.length) {
      card.toggle = foot.appendChild(element('button'));
      card.toggle.addEventListener('click', (event) => { event.stopPropagation(); open(card, !card.open); render(); });
    }
    node.addEventListener('click', () => select({ card }));
    node.addEventListener('keydown', (event) => {
      if (event.target === node && (event.key === 'Enter' || event.key === ' ')) { event.preventDefault(); select({ card }); }
    });
    card.node = sheet.appendChild(node);
    open(card, false);
  }

  function open(card, wanted) {
    card.open = wanted;
    if (card.toggle) {
      const many = card.columns.length;
      card.toggle.textContent = wanted ? 'hide columns' : `${many} column${many === 1 ? '' : 's'}`;
      card.toggle.setAttribute('aria-expanded', String(wanted));
    }
    card.list?.remove();
    card.list = null;
    card.rows = new Map();
    if (!wanted) return;
    card.list = card.node.appendChild(element('ul', 'lineage-columns'));
    for (const column of card.columns) {
      const row = card.list.appendChild(element('li', '', column));
      row.title = column;
      card.rows.set(column, row);
      if (!linked.has(columnKey(card, column))) continue;
      row.className = 'linked';
      row.tabIndex = 0;
      const pick = (event) => { event.stopPropagation(); select({ card, column }); };
      row.addEventListener('click', pick);
      row.addEventListener('keydown', (event) => { if (event.key === 'Enter') pick(event); });
    }
  }

  // -- arrows --------------------------------------------------------------------------------------------------------
  const named = new Map();
  for (const arrow of data.arrows) {
    arrow.hit = svg.appendChild(document.createElementNS(SVG, 'path'));
    arrow.path = svg.appendChild(document.createElementNS(SVG, 'path'));
    arrow.path.setAttribute('marker-end', 'url(#lineage-head)');
    for (const path of [arrow.hit, arrow.path]) path.addEventListener('click', () => select({ arrow }));
    for (const stop of arrow.via) stop.height = 4;
    if (!arrow.jobs.length) continue;
    // Arrows of the same jobs into one card share a label.
    const key = JSON.stringify([arrow.target.id, arrow.jobs]);
    if (!named.has(key)) {
      const more = arrow.jobs.length > 1 ? ` +${arrow.jobs.length - 1}` : '';
      const short = arrow.jobs[0].slice(arrow.jobs[0].lastIndexOf(':') + 1).replace(/"$/, '');
      const node = sheet.appendChild(element('div', 'lineage-job', short + more));
      node.title = arrow.jobs.join('\n');
      node.addEventListener('click', () => select({ arrow }));
      named.set(key, { node, arrows: [] });
    }
    named.get(key).arrows.push(arrow);
  }
  const head = svg.appendChild(document.createElementNS(SVG, 'marker'));
  for (const [name, value] of Object.entries({ id: 'lineage-head', viewBox: '0 0 8 8', refX: 1, refY: 4, markerWidth: 8,
    markerHeight: 8, markerUnits: 'userSpaceOnUse', orient: 'auto' })) head.setAttribute(name, value);
  const tip = head.appendChild(document.createElementNS(SVG, 'path'));
  tip.setAttribute('d', 'M0 0 L8 4 L0 8 z');
  tip.setAttribute('class', 'lineage-head');
  const columns = svg.appendChild(document.createElementNS(SVG, 'g'));

  // -- drawing -------------------------------------------------------------------------------------------------------
  function render() {
    for (const card of data.cards) {
      card.height = card.node.offsetHeight;
      card.base = card.height - (card.list ? card.list.offsetHeight : 0);
    }
    coordinates(data.cards, data.arrows);
    for (const card of data.cards) { card.node.style.left = `${card.x}px`; card.node.style.top = `${card.y}px`; }
    for (const arrow of data.arrows) {
      const y1 = arrow.source.y + arrow.source.base / 2, y2 = arrow.target.y + arrow.target.base / 2;
      for (const path of [arrow.hit, arrow.path]) path.setAttribute('d', curve(arrow, y1, y2));
    }
    labels([...named.values()]);
    for (const label of named.values()) { label.node.style.left = `${label.x}px`; label.node.style.top = `${label.y}px`; }
    mark();
  }

  function mark() {
    const picked = state.card ? around(state.card, data.arrows)
      : state.arrow ? { cards: new Set([state.arrow.source, state.arrow.target]), edges: new Set([state.arrow]) } : null;
    const traced = state.column ? aroundColumn(state.card, state.column, data.arrows) : null;
    for (const card of data.cards) {
      const on = picked?.cards.has(card);
      card.node.classList.toggle('on', Boolean(on));
      card.node.classList.toggle('pick', card === state.card);
      card.node.classList.toggle('off', Boolean(picked) && !on);
      for (const [column, row] of card.rows) row.classList.toggle('on', Boolean(traced?.keys.has(columnKey(card, column))));
    }
    for (const arrow of data.arrows) {
      const on = picked?.edges.has(arrow);
      arrow.hit.setAttribute('class', 'lineage-hit');
      arrow.path.setAttribute('class', `lineage-edge${on && !traced ? ' on' : ''}${picked && !on ? ' off' : ''}`);
    }
    for (const { node, arrows } of named.values()) {
      const on = arrows.some((arrow) => picked?.edges.has(arrow));
      node.classList.toggle('on', on && !traced && (arrows.includes(state.arrow) || picked.edges.size < 12));
      node.classList.toggle('off', Boolean(picked) && !on);
    }
    columns.replaceChildren();
    for (const [arrow, source, target] of traced?.pairs ?? []) {
      const path = columns.appendChild(document.createElementNS(SVG, 'path'));
      path.setAttribute('class', 'lineage-edge column');
      path.setAttribute('d', curve(arrow, rowY(arrow.source, source), rowY(arrow.target, target)));
    }
  }

  function select(choice, move = false) {
    Object.assign(state, { card: null, arrow: null, column: null }, choice);
    if (state.column) {
      for (const [arrow] of aroundColumn(state.card, state.column, data.arrows).pairs) {
        for (const card of [arrow.source, arrow.target]) if (!card.open) open(card, true);
      }
      render();
    } else mark();
    describe(panel, state, data.arrows, select);
    if (move && state.card) centre(state.card, covered());
    else if (state.card) uncover(state.card, covered());
  }

  // -- bar and legend ------------------------------------------------------------------------------------------------
  function button(text, label, act) {
    const made = bar.appendChild(element('button', '', text));
    made.setAttribute('aria-label', label);
    made.title = label;
    made.addEventListener('click', act);
    return made;
  }

  const heading = bar.appendChild(element('h1', '', data.title));
  if (data.note) heading.title = data.note;
  const search = bar.appendChild(element('input'));
  search.type = 'search';
  search.placeholder = 'Search datasets and columns';
  search.setAttribute('aria-label', search.placeholder);
  const count = bar.appendChild(element('span', 'count'));
  let hits = [], hit = -1;
  const total = () => `${data.cards.length} dataset${data.cards.length === 1 ? '' : 's'}, ${data.arrows.length} edge${data.arrows.length === 1 ? '' : 's'}`;
  count.textContent = total();
  search.addEventListener('input', () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    hits = words.length ? data.cards.filter((card) => matches(card, words)) : [];
    hit = -1;
    select({});
    for (const card of data.cards) card.node.classList.toggle('off', words.length > 0 && !hits.includes(card));
    count.textContent = words.length ? `${hits.length} of ${data.cards.length}` : total();
  });
  search.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !hits.length) return;
    hit = (hit + (event.shiftKey ? hits.length - 1 : 1)) % hits.length;
    select({ card: hits[hit] }, true);
    count.textContent = `${hit + 1} of ${hits.length}`;
  });
  button('+', 'Zoom in', () => zoom(1.25));
  button('\u2212', 'Zoom out', () => zoom(0.8));
  button('Fit', 'Show everything', fitAll);
  const all = button('Columns', 'Show or hide all columns', () => {
    const wanted = !data.cards.some((card) => card.open);
    for (const card of data.cards) open(card, wanted && card.columns.length > 0);
    all.setAttribute('aria-pressed', String(wanted));
    render();
    fitAll();
  });
  if (data.full) {
    const dark = window.matchMedia('(prefers-color-scheme: dark)').matches;
    section.classList.toggle('dark', dark);
    button('Theme', 'Light or dark', () => section.classList.toggle('dark'));
  }
  if (data.systems.length) {
    const legend = section.appendChild(element('div', 'lineage-legend'));
    for (const [name, colour] of data.systems) {
      const entry = legend.appendChild(element('span'));
      entry.appendChild(element('i')).style.background = colour;
      entry.append(name || 'no service');
    }
  }
  if (!data.cards.length) section.append(element('div', 'lineage-empty', 'no lineage yet'));

  view.addEventListener('click', (event) => { if (event.target === view || event.target === sheet || event.target === svg) select({}); });
  (data.full ? window : section).addEventListener('keydown', (event) => {
    if (event.key === 'Escape') select({});
    if (event.target === search) return;
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    if (step) { event.preventDefault(); pan(...step); }
    if (event.key === '+') zoom(1.25);
    if (event.key === '-') zoom(0.8);
    if (event.key === '0') fitAll();
    if (event.key === '/') { event.preventDefault(); search.focus(); }
  });

  // The cards that a selection is about: those of a column, if it has lineage.
  function concerned({ card, column }) {
    const pairs = column ? aroundColumn(card, column, data.arrows).pairs : [];
    return pairs.length ? new Set(pairs.flatMap(([arrow]) => [arrow.source, arrow.target])) : around(card, data.arrows).cards;
  }

  // The dataset or the column that the address of a page of its own names: lineage.html#service.database.schema.table
  function namedInAddress() {
    if (!data.full) return null;
    let name = window.location.hash.slice(1);
    try { name = decodeURIComponent(name); } catch { /* It is not encoded. */ }
    if (byId.has(name)) return { card: byId.get(name) };
    const card = data.cards.find((one) => one.columns.some((column) => `${one.id}.${column}` === name));
    return card ? { card, column: name.slice(card.id.length + 1) } : null;
  }

  function begin() {
    const first = namedInAddress() ?? (byId.has(data.focus) ? { card: byId.get(data.focus) } : null);
    select(first ?? {});
    fit(first ? [...concerned(first)] : data.cards, { covered: covered(), above: above(), least: READABLE });
  }

  render();
  begin();
  if (data.full) window.addEventListener('hashchange', begin);
  // Nothing scrolls on paper, whose size no script is told: everything in a box that any landscape sheet has.
  window.addEventListener('beforeprint', () => { select({}); fit(data.cards, { width: 980, height: 680 }); });
  window.addEventListener('afterprint', fitAll);
}

for (const section of document.querySelectorAll('section.lineage')) draw(section);
