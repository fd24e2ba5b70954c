// Long names are broken after a dot or an underscore, if at all.
function breakable(node, text) {
  node.append(...text.split(/(?<=[._])/).flatMap((part) => [part, element('wbr')]));
  return node;
}

// Describes in a side panel what is selected: a card with its neighbours, an arrow with its jobs and columns, a column.
function describe(panel, state, arrows, select) {
  panel.hidden = !(state.card || state.arrow);
  if (panel.hidden) return;
  const title = (card) => [card.path, card.name].filter(Boolean).join('.');
  const list = (heading, items) => {
    if (!items.length) return;
    panel.append(element('h3', '', `${heading} (${items.length})`));
    const rows = panel.appendChild(element('ul'));
    for (const [text, choice] of items) {
      const row = rows.appendChild(element('li'));
      if (!choice) { breakable(row, text); continue; }
      const link = row.appendChild(breakable(element('button', 'link'), text));
      link.addEventListener('click', () => select(choice, true));
    }
  };
  panel.replaceChildren();
  const close = panel.appendChild(element('button', 'close', '\u00d7'));
  close.setAttribute('aria-label', 'Close');
  close.addEventListener('click', () => select({}));
  if (state.arrow) {
    const { source, target, jobs, columns } = state.arrow;
    panel.append(element('h2', '', `${source.name} \u2192 ${target.name}`));
    list('from', [[title(source), { card: source }]]);
    list('to', [[title(target), { card: target }]]);
    list('jobs', jobs.map((job) => [job]));
    list('columns', columns.map(([a, b]) => [a === b ? a : `${a} \u2192 ${b}`]));
    return;
  }
  const { card, column } = state;
  panel.append(element('h2', '', column ? `${card.name}.${column}` : card.name), element('div', 'lineage-path', card.path));
  if (card.note) panel.append(element('div', '', card.note));
  if (/^https?:/.test(card.url)) {
    const link = panel.appendChild(element('a', '', 'open in OpenMetadata'));
    link.href = card.url;
    // In a sandboxed frame only the parent may open a page.
    link.addEventListener('click', (event) => {
      if (window.parent === window) return;
      event.preventDefault();
      window.parent.open(card.url, '_blank', 'noopener');
    });
    link.target = '_blank';
    link.rel = 'noopener';
  }
  if (column) {
    const pairs = aroundColumn(card, column, arrows).pairs;
    if (!pairs.length) panel.append(element('div', '', 'no column lineage'));
    const direct = (own, at) => pairs.filter((pair) => pair[0][own] === card && pair[at] === column);
    list('comes from', direct('target', 2).map(([arrow, source]) =>
      [`${title(arrow.source)}.${source}`, { card: arrow.source, column: source }]));
    list('goes to', direct('source', 1).map(([arrow, , target]) =>
      [`${title(arrow.target)}.${target}`, { card: arrow.target, column: target }]));
    return;
  }
  const near = (from, to) => arrows.filter((arrow) => arrow[to] === card).map((arrow) => [title(arrow[from]), { card: arrow[from] }]);
  list('made from', near('source', 'target'));
  list('goes into', near('target', 'source'));
  const jobs = (to) => [...new Set(arrows.filter((arrow) => arrow[to] === card).flatMap((arrow) => arrow.jobs))].sort();
  list('written by', jobs('target').map((job) => [job]));
  list('read by', jobs('source').map((job) => [job]));
  list('columns', card.columns.map((name) => [name, { card, column: name }]));
}
