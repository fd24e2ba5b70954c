// Scale below which cards show nothing but their names: on a screen, and on paper, which has finer dots.
const FAR = 0.65, FAR_ON_PAPER = 0.35;

// Moves and scales the sheet: drag, wheel, pinch, keys, and the whole picture or one card in view.
//   covered: returns what is covered of the view, in pixels: above, right, below
//   isAlone: whether the wheel is for the picture alone, not for a page around it
function viewport(section, view, sheet, covered, isAlone) {
  const at = { scale: 1, x: 0, y: 0 };
  const pointers = new Map();
  let moved = false;

  function show(far = FAR) {
    sheet.style.transform = `translate(${at.x}px, ${at.y}px) scale(${at.scale})`;
    section.style.setProperty('--scale', at.scale);
    section.classList.toggle('far', at.scale < far);
  }

  function zoom(factor, x = view.clientWidth / 2, y = view.clientHeight / 2) {
    const scale = Math.min(2.5, Math.max(0.05, at.scale * factor));
    at.x = x - (x - at.x) * scale / at.scale;
    at.y = y - (y - at.y) * scale / at.scale;
    at.scale = scale;
    show();
  }

  // Shows cards in a box, by default in what is free of the view, not smaller than the least scale: of what does not fit
  // then, what is around the anchor is shown.
  function fit(cards, { least = 0.05, anchor = null, box = null } = {}) {
    if (!cards.length) return;
    const { above, right: beside, below } = covered();
    const [width, height] = box ?? [view.clientWidth - beside, view.clientHeight - below];
    // Arrows that lead back leave and reach their cards in curves outside of them.
    const curve = cards.some((card) => card.loops) ? 45 : 0;
    const left = Math.min(...cards.map((card) => card.x)) - curve, top = Math.min(...cards.map((card) => card.y));
    const right = Math.max(...cards.map((card) => card.x + WIDTH)) + curve;
    const bottom = Math.max(...cards.map((card) => card.y + card.height)) + curve;
    const wide = Math.max(60, width - 60), high = Math.max(60, height - above - 20);
    at.scale = Math.min(1, Math.max(least, Math.min(wide / (right - left), high / (bottom - top))));
    const room = [wide - (right - left) * at.scale, high - (bottom - top) * at.scale];
    const [x, y] = anchor ? [anchor.x + WIDTH / 2, anchor.y + anchor.height / 2] : [left, top];
    // The side that begins at an offset: the middle if there is room, else around the anchor but not past an end.
    const place = (space, length, from, middle) => (space >= 0 ? space / 2
      : Math.max(space, Math.min(0, length / 2 - (middle - from) * at.scale)));
    at.x = 30 + place(room[0], wide, left, x) - left * at.scale;
    at.y = above + place(room[1], high, top, y) - top * at.scale;
    show(box ? FAR_ON_PAPER : FAR);
  }

  function centre(card) {
    const { above, right, below } = covered();
    at.scale = Math.max(at.scale, 0.8);
    at.x = (view.clientWidth - right) / 2 - (card.x + WIDTH / 2) * at.scale;
    at.y = (view.clientHeight - below + above) / 2 - (card.y + card.height / 2) * at.scale;
    show();
  }

  // Moves a card into what is free of the view, if it is not there.
  function uncover(card) {
    const { above, right, below } = covered();
    const height = Math.min(card.height * at.scale, view.clientHeight - above - below - 20);
    const over = (low, high, from, to) => (low < from ? from - low : high > to ? Math.max(to - high, from - low) : 0);
    const left = at.x + card.x * at.scale, top = at.y + card.y * at.scale;
    const dx = over(left, left + WIDTH * at.scale, 20, view.clientWidth - right - 20);
    const dy = over(top, top + height, above, view.clientHeight - below - 10);
    if (dx || dy) { at.x += dx; at.y += dy; show(); }
  }

  view.addEventListener('wheel', (event) => {
    if (!isAlone && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const bounds = view.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), event.clientX - bounds.left, event.clientY - bounds.top);
  }, { passive: false });
  view.addEventListener('pointerdown', (event) => { pointers.set(event.pointerId, event); moved = false; });
  window.addEventListener('pointermove', (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const other = [...pointers.values()].find((pointer) => pointer.pointerId !== event.pointerId);
    let dx = event.clientX - before.clientX, dy = event.clientY - before.clientY;
    if (other) {
      // The point in the middle between two fingers stays between them.
      const bounds = view.getBoundingClientRect();
      const distance = (pointer) => Math.max(1, Math.hypot(pointer.clientX - other.clientX, pointer.clientY - other.clientY));
      const middle = (name, edge) => (before[name] + other[name]) / 2 - edge;
      zoom(distance(event) / distance(before), middle('clientX', bounds.left), middle('clientY', bounds.top));
      dx /= 2; dy /= 2;
    } else if (!moved && Math.hypot(dx, dy) < 4) return;
    moved = true;
    view.classList.add('moving');
    at.x += dx; at.y += dy;
    show();
    pointers.set(event.pointerId, event);
  });
  for (const name of ['pointerup', 'pointercancel']) {
    window.addEventListener(name, (event) => { pointers.delete(event.pointerId); view.classList.remove('moving'); });
  }
  // A drag that ends on a card is no click on it.
  view.addEventListener('click', (event) => { if (moved) { event.stopPropagation(); moved = false; } }, true);
  // What gets the focus is scrolled to by the browser, which would move everything: the sheet is moved instead.
  for (const box of [section, view]) box.addEventListener('scroll', () => { box.scrollLeft = 0; box.scrollTop = 0; });
  return { zoom, fit, centre, uncover, pan: (dx, dy) => { at.x += dx; at.y += dy; show(); } };
}
