// What is upstream and downstream of a card, an arrow or a column.
function reach(start, arrows, forwards) {
  const from = forwards ? 'source' : 'target', to = forwards ? 'target' : 'source';
  const seen = new Set([start]), edges = new Set(), waiting = [start];
  while (waiting.length) {
    const card = waiting.pop();
    for (const arrow of arrows) {
      if (arrow[from] !== card) continue;
      edges.add(arrow);
      if (!seen.has(arrow[to])) { seen.add(arrow[to]); waiting.push(arrow[to]); }
    }
  }
  return { cards: seen, edges };
}

function around(card, arrows) {
  const up = reach(card, arrows, false), down = reach(card, arrows, true);
  return { cards: new Set([...up.cards, ...down.cards]), edges: new Set([...up.edges, ...down.edges]), up, down };
}

// Columns that a column comes from or goes to: a set of keys "card id, column", and the pairs between them.
const columnKey = (card, column) => `${card.id}\u0000${column}`;

function aroundColumn(card, column, arrows) {
  const keys = new Set([columnKey(card, column)]), pairs = [];
  for (const forwards of [true, false]) {
    const waiting = [[card, column]], seen = new Set(keys);
    while (waiting.length) {
      const [at, name] = waiting.pop();
      for (const arrow of arrows) {
        if ((forwards ? arrow.source : arrow.target) !== at) continue;
        for (const [source, target] of arrow.columns) {
          if ((forwards ? source : target) !== name) continue;
          pairs.push([arrow, source, target]);
          const other = forwards ? arrow.target : arrow.source, next = forwards ? target : source;
          const key = columnKey(other, next);
          keys.add(key);
          if (!seen.has(key)) { seen.add(key); waiting.push([other, next]); }
        }
      }
    }
  }
  return { keys, pairs };
}

function matches(card, words) {
  const text = `${card.path} ${card.name} ${card.full_name} ${card.columns.join(' ')}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
