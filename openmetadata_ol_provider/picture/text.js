// Texts as they are shown: names come from events, and may contain anything.

function element(name, className, text) {
  const made = document.createElement(name);
  if (name === 'button') made.type = 'button';
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// Control characters, line separators and direction marks would hide or reverse what is around them: they are escaped.
const ACTIVE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

function visible(text) {
  return text.replace(ACTIVE, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

// Appends a name, which is broken after a dot, a slash or an underscore, if at all. Its direction is its own, so that
// what is next to a name in Hebrew or Arabic stays where it is.
function breakable(node, text) {
  const own = node.appendChild(element('bdi'));
  own.append(...visible(text).split(/(?<=[._/])/).flatMap((part) => [part, element('wbr')]));
  return node;
}

function counted(number, word) {
  return `${number.toLocaleString('en')} ${word}${number === 1 ? '' : 's'}`;
}

async function copyText(button, text) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch {
    // Without permission, or from a file: the old way.
    const field = document.body.appendChild(element('textarea'));
    field.value = text;
    field.select();
    button.textContent = document.execCommand('copy') ? 'Copied' : 'Not copied';
    field.remove();
    button.focus();
  }
  setTimeout(() => { button.textContent = before; }, 1500);
}
