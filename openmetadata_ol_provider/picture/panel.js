// Describes in a side panel what is selected: a card with its neighbours, an arrow with its jobs and columns, a column.
function describe(panel, state, arrows, select) {
  const hadFocus = panel.contains(document.activeElement);
  panel.hidden = !(state.card || state.arrow);
  if (panel.hidden) return;
  // Items are texts, or pairs of a column of the source and one of the target, each with what it selects.
  const list = (heading, items) => {
    if (!items.length) return;
    panel.append(element('h3', '', `${heading} (${items.length.toLocaleString('en')})`));
    const rows = panel.appendChild(element('ul'));
    for (const [texts, choice] of items) {
      const row = rows.appendChild(element('li'));
      const text = choice ? row.appendChild(element('button', 'link')) : row;
      [texts].flat().forEach((part, index) => {
        if (index) text.append(' \u2192 ');
        breakable(text, part);
      });
      if (choice) text.addEventListener('click', () => select(choice, null, true));
    }
  };
  const heading = (texts, label) => {
    const title = panel.appendChild(element('h2'));
    texts.forEach((part, index) => { if (index) title.append(' \u2192 '); breakable(title, part); });
    panel.setAttribute('aria-label', label);
  };
  panel.replaceChildren();
  const close = panel.appendChild(element('button', 'close', '\u00d7'));
  close.setAttribute('aria-label', 'Close');
  close.addEventListener('click', () => select({}));
  if (state.arrow) describeArrow(state.arrow, heading, list);
  else if (state.column) describeColumn(panel, state, arrows, heading, list);
  else describeCard(panel, state.card, arrows, heading, list);
  if (hadFocus) panel.focus();
  panel.scrollTop = 0;
}

function describeArrow({ source, target, jobs, columns }, heading, list) {
  heading([source.name, target.name], 'Edge');
  list('from', [[source.full_name, { card: source }]]);
  list('to', [[target.full_name, { card: target }]]);
  list('jobs', jobs.map((job) => [job]));
  list('columns', columns.map(([a, b]) => [a === b ? a : [a, b], { card: target, column: b }]));
}

function describeColumn(panel, { card, column }, arrows, heading, list) {
  heading([`${card.name}.${column}`], `Column ${visible(column)}`);
  under(panel, card, `${card.full_name}.${column}`);
  const pairs = aroundColumn(card, column, arrows).pairs;
  if (!pairs.length) panel.append(element('div', '', 'no column lineage'));
  const direct = (own, at) => pairs.filter((pair) => pair[0][own] === card && pair[at] === column);
  const named = (other, name) => [`${other.full_name}.${name}`, { card: other, column: name }];
  list('comes from', direct('target', 2).map(([arrow, source]) => named(arrow.source, source)));
  list('goes to', direct('source', 1).map(([arrow, , target]) => named(arrow.target, target)));
}

function describeCard(panel, card, arrows, heading, list) {
  heading([card.name], `${card.kind} ${visible(card.name)}`);
  under(panel, card, card.full_name);
  const near = (from, to) => arrows.filter((arrow) => arrow[to] === card)
    .map((arrow) => [arrow[from].full_name, { card: arrow[from] }]);
  list('made from', near('source', 'target'));
  list('goes into', near('target', 'source'));
  const jobs = (to) => [...new Set(arrows.filter((arrow) => arrow[to] === card).flatMap((arrow) => arrow.jobs))].sort();
  list('written by', jobs('target').map((job) => [job]));
  list('read by', jobs('source').map((job) => [job]));
  list('columns', card.columns.map((name) => [name, { card, column: name }]));
}

// What stands below the heading: the path, a note, and what can be done with the name.
function under(panel, card, name) {
  panel.append(breakable(element('div', 'lineage-path'), card.path));
  if (card.note) panel.append(element('div', '', card.note));
  if (card.alert) panel.append(element('div', 'lineage-alert', card.alert));
  const links = panel.appendChild(element('div', 'lineage-links'));
  const copy = links.appendChild(element('button', 'link', 'Copy name'));
  copy.title = name;
  copy.addEventListener('click', () => copyText(copy, name));
  if (!/^https?:/.test(card.url)) return;
  const link = links.appendChild(element('a', '', 'Open in OpenMetadata'));
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
