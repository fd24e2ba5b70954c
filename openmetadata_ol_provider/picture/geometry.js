// Turns layers and orders into coordinates, and arrows into curves. Heights change as cards are opened.
const WIDTH = 260, GAP_X = 210, GAP_Y = 18, BAND_GAP = 40, ROW = 22, MARGIN = 70;
// Distance of the arrows that lead back to the left from one another, below the cards.
const LANE = 16;

// Gives each card and each waypoint x and y: those of a layer keep their order and come as near to their neighbours as
// they can. A waypoint is a card without a picture that a long arrow passes.
function coordinates(cards, arrows) {
  const bands = new Map();
  const items = [...cards, ...arrows.flatMap((arrow) => arrow.via)];
  for (const card of items) {
    if (!bands.has(card.band)) bands.set(card.band, []);
    const layers = bands.get(card.band);
    (layers[card.layer] ||= []).push(card);
  }
  const near = new Map(items.map((item) => [item, []]));
  for (const arrow of arrows) {
    const stops = [arrow.source, ...arrow.via, arrow.target];
    for (let index = 1; index < stops.length; index++) {
      near.get(stops[index - 1]).push(stops[index]);
      near.get(stops[index]).push(stops[index - 1]);
    }
  }
  let top = MARGIN;
  for (const band of [...bands.keys()].sort((a, b) => a - b)) {
    const layers = [...bands.get(band)].map((layer) => (layer || []).sort((a, b) => a.order - b.order));
    if (layers.length === 1) { top = shelve(layers[0], top); continue; }
    layers.forEach((layer, number) => {
      let y = 0;
      for (const card of layer) { card.x = MARGIN + number * (WIDTH + GAP_X); card.y = y; y += card.height + GAP_Y; }
    });
    for (let round = 0; round < 8; round++) {
      const order = round % 2 ? [...layers].reverse() : layers;
      for (const layer of order) settle(layer, near);
    }
    const all = layers.flat();
    const shift = top - Math.min(...all.map((card) => card.y));
    for (const card of all) card.y += shift;
    top = Math.max(...all.map((card) => card.y + card.height));
    for (const arrow of arrows) {
      if (!leadsBack(arrow) || arrow.source.band !== band) continue;
      top += LANE;
      arrow.below = top;
      arrow.source.loops = arrow.target.loops = true;
    }
    top += BAND_GAP;
  }
}

// Cards without lineage stand in rows.
function shelve(cards, top) {
  let x = MARGIN, row = 0;
  for (const card of cards) {
    if (x > MARGIN + 3 * (WIDTH + GAP_X)) { x = MARGIN; top += row + GAP_Y; row = 0; }
    card.x = x; card.y = top; row = Math.max(row, card.height); x += WIDTH + GAP_X;
  }
  return top + row + BAND_GAP;
}

// Moves the cards of a layer towards the middle of their neighbours without changing their order.
function settle(layer, near) {
  const wanted = layer.map((card) => {
    const others = near.get(card);
    if (!others.length) return card.y;
    const middle = others.reduce((sum, other) => sum + other.y + other.height / 2, 0) / others.length;
    return middle - card.height / 2;
  });
  // Neighbouring cards that would overlap form a block, which goes to the mean of what its cards want.
  const blocks = [];
  layer.forEach((card, index) => {
    let block = { start: index, height: card.height + GAP_Y, sum: wanted[index], count: 1, offset: 0 };
    block.y = wanted[index];
    while (blocks.length && blocks.at(-1).y + blocks.at(-1).height > block.y) {
      const above = blocks.pop();
      block = { start: above.start, height: above.height + block.height, count: above.count + block.count,
        sum: above.sum + block.sum - block.count * above.height };
      block.y = block.sum / block.count;
    }
    blocks.push(block);
  });
  for (const block of blocks) {
    let y = block.y;
    for (let index = block.start; index < block.start + block.count; index++) {
      layer[index].y = y; y += layer[index].height + GAP_Y;
    }
  }
}

// Whether an arrow closes a cycle: it leads to a card at its left or above it, and passes below all cards.
function leadsBack(arrow) {
  return arrow.source !== arrow.target && arrow.target.layer <= arrow.source.layer;
}

// A curve from the right side of a card, or of a row in it, past the waypoints to the left side of another.
function curve(arrow, y1, y2) {
  const { source, target, via } = arrow;
  let x = source.x + WIDTH, y = y1, path = `M${x} ${y}`;
  if (source === target) return `${path} C${x + 60} ${y - 50} ${x + 60} ${y + 50} ${x} ${y + 12}`;
  if (leadsBack(arrow)) {
    const end = target.x - 7, low = arrow.below;
    return `${path} C${x + 50} ${y} ${x + 50} ${low} ${x - 10} ${low} H${end + 10} C${end - 50} ${low} ${end - 50} ${y2} ${end} ${y2}`;
  }
  const to = (nextX, nextY) => {
    const bend = Math.max(40, Math.abs(nextX - x) / 2);
    path += ` C${x + bend} ${y} ${nextX - bend} ${nextY} ${nextX} ${nextY}`;
    x = nextX; y = nextY;
  };
  for (const stop of via) {
    const middle = stop.y + stop.height / 2;
    to(stop.x, middle);
    path += ` H${stop.x + WIDTH}`;
    x = stop.x + WIDTH;
  }
  to(target.x - 7, y2);
  return path;
}

function rowY(card, column) {
  const index = card.shown.indexOf(column);
  return card.open && index >= 0 ? card.y + card.base + 4 + index * ROW + ROW / 2 : card.y + card.base / 2;
}

// Labels stand before the target of their arrows, below one another where they would overlap.
function labels(all) {
  const byTarget = new Map();
  for (const label of all) {
    const { source, target, below } = label.arrows[0];
    if (source === target) { label.x = source.x + WIDTH - 40; label.y = source.y - 8; continue; }
    if (leadsBack(label.arrows[0])) { label.x = (source.x + target.x + WIDTH) / 2; label.y = below; continue; }
    const ends = label.arrows.map((arrow) => { const last = arrow.via.at(-1) ?? arrow.source; return last.y + (last.base ?? last.height) / 2; });
    const start = ends.reduce((sum, end) => sum + end, 0) / ends.length;
    label.x = target.x - GAP_X / 2;
    label.y = (start + target.y + target.base / 2) / 2;
    if (!byTarget.has(target)) byTarget.set(target, []);
    byTarget.get(target).push(label);
  }
  for (const group of byTarget.values()) {
    group.sort((a, b) => a.y - b.y);
    for (let index = 1; index < group.length; index++) group[index].y = Math.max(group[index].y, group[index - 1].y + 21);
  }
}
