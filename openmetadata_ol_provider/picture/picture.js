// Draws one picture into the section that contains this page's data, and answers mouse, keyboard and search.
const SVG = 'http://www.w3.org/2000/svg';
// Scale at which a large picture begins: names can still be made out.
const READABLE = 0.45;

function draw(section) {
  const data = JSON.parse(section.querySelector('script').textContent);
  const byId = new Map(data.cards.map((card) => [card.id, card]));
  for (const arrow of data.arrows) { arrow.source = byId.get(arrow.source); arrow.target = byId.get(arrow.target); }
  const linked = new Set(data.arrows.flatMap((arrow) => arrow.columns.flatMap(([source, target]) =>
    [columnKey(arrow.source, source), columnKey(arrow.target, target)])));
  const state = { card: null, arrow: null, column: null };

  const bar = section.appendChild(element('div', 'lineage-bar'));
  const view = section.appendChild(element('div', 'lineage-view'));
  view.tabIndex = -1;
  const sheet = view.appendChild(element('div', 'lineage-sheet'));
  const svg = sheet.appendChild(document.createElementNS(SVG, 'svg'));
  // What the arrows say is in the panel, and behind the names of the jobs.
  svg.setAttribute('aria-hidden', 'true');
  const panel = section.appendChild(element('aside', 'lineage-panel'));
  panel.hidden = true;
  panel.tabIndex = -1;
  const legend = makeLegend(section, data.systems);
  const { zoom, fit, centre, uncover, pan } = viewport(section, view, sheet, covered, data.full);
  const fitAll = () => fit(data.cards);
  const act = { select, render, zoom, fitAll, columns: allColumns };

  // In a narrow window the bar has several lines, and the panel lies at the bottom.
  function covered() {
    const isSheet = panel.offsetWidth > section.clientWidth * 0.6;
    const lowest = legend?.offsetHeight ? legend.offsetHeight + 20 : 20;
    return {
      above: Math.max(60, bar.offsetTop + bar.offsetHeight + 12),
      right: isSheet ? 0 : panel.offsetWidth,
      below: isSheet ? panel.offsetHeight + 20 : lowest,
    };
  }

  // -- cards ---------------------------------------------------------------------------------------------------------
  // The keyboard goes through them as they stand in the picture.
  const inOrder = [...data.cards].sort((a, b) => a.band - b.band || a.layer - b.layer || a.order - b.order);
  for (const card of inOrder) {
    sheet.append(makeCard(card, linked, act));
    card.node.addEventListener('focusin', () => uncover(card));
  }

  function allColumns() {
    const wanted = !data.cards.some((card) => card.open);
    for (const card of data.cards) openCard(card, wanted && card.columns.length > 0, linked, act);
    render();
    fitAll();
    return wanted;
  }

  // -- arrows --------------------------------------------------------------------------------------------------------
  const named = new Map();
  for (const arrow of data.arrows) {
    arrow.hit = svg.appendChild(document.createElementNS(SVG, 'path'));
    arrow.path = svg.appendChild(document.createElementNS(SVG, 'path'));
    for (const path of [arrow.hit, arrow.path]) path.addEventListener('click', (event) => select({ arrow }, event));
    for (const stop of arrow.via) stop.height = 4;
    if (!arrow.jobs.length) continue;
    // Arrows of the same jobs into one card share a label.
    const key = JSON.stringify([arrow.target.id, arrow.jobs]);
    if (!named.has(key)) {
      const more = arrow.jobs.length > 1 ? ` +${arrow.jobs.length - 1}` : '';
      const short = arrow.jobs[0].slice(arrow.jobs[0].lastIndexOf(':') + 1).replace(/"$/, '');
      const node = sheet.appendChild(element('button', 'lineage-job'));
      node.append(element('bdi', '', visible(short)), more);
      node.title = arrow.jobs.join('\n');
      node.addEventListener('click', (event) => select({ arrow }, event));
      named.set(key, { node, arrows: [] });
    }
    named.get(key).arrows.push(arrow);
  }
  for (const kind of ['', 'on']) {
    const head = svg.appendChild(document.createElementNS(SVG, 'marker'));
    for (const [name, value] of Object.entries({ id: `lineage-head${kind}`, viewBox: '0 0 8 8', refX: 1, refY: 4,
      markerWidth: 8, markerHeight: 8, markerUnits: 'userSpaceOnUse', orient: 'auto' })) head.setAttribute(name, value);
    const tip = head.appendChild(document.createElementNS(SVG, 'path'));
    tip.setAttribute('d', 'M0 0 L8 4 L0 8 z');
    tip.setAttribute('class', `lineage-head ${kind}`);
  }
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
      card.name_button.setAttribute('aria-pressed', String(card === state.card));
      card.node.classList.toggle('off', Boolean(picked) && !on);
      for (const [column, row] of card.rows) row.classList.toggle('on', Boolean(traced?.keys.has(columnKey(card, column))));
    }
    for (const arrow of data.arrows) {
      const on = picked?.edges.has(arrow);
      arrow.hit.setAttribute('class', 'lineage-hit');
      arrow.path.setAttribute('class', `lineage-edge${on && !traced ? ' on' : ''}${picked && !on ? ' off' : ''}`);
      arrow.path.setAttribute('marker-end', `url(#lineage-head${on && !traced ? 'on' : ''})`);
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
      path.setAttribute('marker-end', 'url(#lineage-headon)');
      path.setAttribute('d', curve(arrow, rowY(arrow.source, source), rowY(arrow.target, target)));
    }
  }

  // Selects a card, a column or an arrow; nothing of these selects nothing.
  //   event: the click, which the keyboard makes, too: then the focus goes to what is said of the selection
  //   move: whether the card goes to the middle
  function select(choice, event = null, move = false) {
    const opener = state.card?.name_button;
    const leave = panel.contains(document.activeElement) && !(choice.card || choice.arrow);
    Object.assign(state, { card: null, arrow: null, column: null }, choice);
    if (state.column) {
      const { keys, pairs } = aroundColumn(state.card, state.column, data.arrows);
      for (const card of new Set([state.card, ...pairs.flatMap(([arrow]) => [arrow.source, arrow.target])])) {
        if (!card.open || missesRow(card, keys)) openCard(card, true, linked, act, keys);
      }
      render();
    } else mark();
    describe(panel, state, data.arrows, select);
    if (move && state.card) centre(state.card);
    else if (state.card) uncover(state.card);
    if (event?.detail === 0) panel.focus();
    if (leave) (opener ?? view).focus();
    remember();
  }

  // -- the rest ------------------------------------------------------------------------------------------------------
  makeBar(section, bar, data, act);
  if (!data.cards.length) section.append(element('div', 'lineage-empty', 'No lineage yet'));

  view.addEventListener('click', (event) => { if (event.target === view || event.target === sheet || event.target === svg) select({}); });
  (data.full ? window : section).addEventListener('keydown', (event) => {
    if (event.key === 'Escape') select({});
    // What the browser does with its own keys, it does alone.
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.('input') || panel.contains(event.target)) return;
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    if (step) { event.preventDefault(); pan(...step); }
    if (event.key === '+') zoom(1.25);
    if (event.key === '-') zoom(0.8);
    if (event.key === '0') fitAll();
    if (event.key === '/') { event.preventDefault(); bar.querySelector('input').focus(); }
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
    const named = byId.get(name) ?? data.cards.find((card) => card.full_name === name);
    if (named) return { card: named };
    for (const card of data.cards) {
      const column = card.columns.find((one) => name === `${card.full_name}.${one}` || name === `${card.id}.${one}`);
      if (column !== undefined) return { card, column };
    }
    return null;
  }

  // The address follows the selection, so that it can be copied, and is what a reload shows.
  function remember() {
    if (!data.full || !isDrawn) return;
    const name = state.card ? `${state.card.full_name}${state.column ? `.${state.column}` : ''}` : '';
    try { history.replaceState(null, '', `#${encodeURIComponent(name)}`); } catch { /* A document without an address. */ }
  }

  let isDrawn = false;
  function begin() {
    isDrawn = false;
    const first = namedInAddress() ?? (byId.has(data.focus) ? { card: byId.get(data.focus) } : null);
    select(first ?? {});
    fit(first ? [...concerned(first)] : data.cards, { least: READABLE, anchor: first?.card ?? inOrder[0] });
    isDrawn = true;
  }

  render();
  begin();
  if (data.full) window.addEventListener('hashchange', begin);
  // Nothing scrolls on paper, whose size no script is told: everything in a box that any landscape sheet has.
  window.addEventListener('beforeprint', () => { select({}); fit(data.cards, { box: [980, 680] }); });
  window.addEventListener('afterprint', fitAll);
}

for (const section of document.querySelectorAll('section.lineage')) draw(section);
