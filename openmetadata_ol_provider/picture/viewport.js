// Moves and scales the sheet: drag, wheel, pinch, keys, and the whole picture or one card in view.
function viewport(view, sheet) {
  const at = { scale: 1, x: 0, y: 0 };
  const pointers = new Map();
  let moved = false;

  const show = () => { sheet.style.transform = `translate(${at.x}px, ${at.y}px) scale(${at.scale})`; };

  function zoom(factor, x = view.clientWidth / 2, y = view.clientHeight / 2) {
    const scale = Math.min(2.5, Math.max(0.05, at.scale * factor));
    at.x = x - (x - at.x) * scale / at.scale;
    at.y = y - (y - at.y) * scale / at.scale;
    at.scale = scale;
    show();
  }

  // Shows cards in a box, the view without what is covered at the right if not said otherwise, below what is above
  // them, not smaller than the least scale: what does not fit then is below or at the right.
  function fit(cards, { covered = 0, above = 60, least = 0.05, width = view.clientWidth - covered,
    height = view.clientHeight } = {}) {
    if (!cards.length) return;
    const left = Math.min(...cards.map((card) => card.x)), top = Math.min(...cards.map((card) => card.y));
    const right = Math.max(...cards.map((card) => card.x + WIDTH)), bottom = Math.max(...cards.map((card) => card.y + card.height));
    const wide = width - 60, high = height - above - 70;
    at.scale = Math.min(1, Math.max(least, Math.min(wide / (right - left), high / (bottom - top))));
    at.x = Math.max(30, (width - (right - left) * at.scale) / 2) - left * at.scale;
    at.y = above + Math.max(0, (high - (bottom - top) * at.scale) / 2) - top * at.scale;
    show();
  }

  function centre(card, covered = 0) {
    at.scale = Math.max(at.scale, 0.8);
    at.x = (view.clientWidth - covered) / 2 - (card.x + WIDTH / 2) * at.scale;
    at.y = view.clientHeight / 2 - (card.y + card.height / 2) * at.scale;
    show();
  }

  // Moves a card out from under what covers the right side.
  function uncover(card, covered) {
    const over = at.x + (card.x + WIDTH) * at.scale - (view.clientWidth - covered - 20);
    if (over > 0) { at.x -= over; show(); }
  }

  view.addEventListener('wheel', (event) => {
    event.preventDefault();
    const box = view.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });
  view.addEventListener('pointerdown', (event) => { pointers.set(event.pointerId, event); moved = false; });
  window.addEventListener('pointermove', (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const others = [...pointers.values()].filter((pointer) => pointer.pointerId !== event.pointerId);
    if (others.length) {
      const distance = (pointer) => Math.hypot(pointer.clientX - others[0].clientX, pointer.clientY - others[0].clientY);
      zoom(distance(event) / Math.max(1, distance(before)));
    } else {
      const dx = event.clientX - before.clientX, dy = event.clientY - before.clientY;
      if (!moved && Math.hypot(dx, dy) < 4) return;
      moved = true;
      view.classList.add('moving');
      at.x += dx; at.y += dy;
      show();
    }
    pointers.set(event.pointerId, event);
  });
  for (const name of ['pointerup', 'pointercancel']) {
    window.addEventListener(name, (event) => { pointers.delete(event.pointerId); view.classList.remove('moving'); });
  }
  // A drag that ends on a card is no click on it.
  view.addEventListener('click', (event) => { if (moved) { event.stopPropagation(); moved = false; } }, true);
  return { zoom, fit, centre, uncover, pan: (dx, dy) => { at.x += dx; at.y += dy; show(); } };
}
