/**
 * What makes the page answer: plain JavaScript for any browser of these years. It adds nothing to the page but classes and
 * attributes, so that all of it is there without it, too.
 */
export const PAGE_SCRIPT = `'use strict';
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const one = (selector) => document.querySelector(selector);
const page = document.documentElement;
const stage = one('.stage');
const picture = one('svg.picture');
const modules = all('.module', picture);
const arrows = all('.arrow', picture);
const rows = all('.register tbody tr');
const details = all('.detail');
const search = one('.search');
const status = one('.status');
const kinds = all('.kinds input');
const stillness = matchMedia('(prefers-reduced-motion: reduce)');
let chosen = '';
let under = '';
page.classList.add('scripted');

function show() {
  const name = under || chosen;
  light((ends) => ends.includes(name), name === '' ? [] : [name]);
  for (const detail of details) detail.classList.toggle('shown', detail.dataset.of === name);
}

function light(isMeant, names) {
  const lit = new Set(names);
  for (const arrow of arrows) {
    const ends = [arrow.dataset.from, arrow.dataset.to];
    const isLit = names.length > 0 && isMeant(ends, arrow.dataset.kinds.split(' '));
    arrow.classList.toggle('lit', isLit);
    if (isLit) for (const end of ends) lit.add(end);
  }
  for (const module of modules) {
    module.classList.toggle('lit', lit.has(module.dataset.module));
    module.classList.toggle('focus', names.includes(module.dataset.module));
  }
  picture.classList.toggle('dimmed', names.length > 0);
}

function choose(name) {
  chosen = modules.some((module) => module.dataset.module === name) ? name : '';
  under = '';
  for (const module of modules) module.setAttribute('aria-pressed', String(module.dataset.module === chosen));
  history.replaceState(null, '', chosen === '' ? location.pathname + location.search : '#' + encodeURIComponent(chosen));
  show();
  sift();
  comeNear();
  one('.side').scrollTop = 0;
  status.textContent = chosen === '' ? '' : chosen + ' is chosen; its messages stand beside the picture and in the table.';
}

function sift() {
  const shown = new Set(kinds.filter((kind) => kind.checked).map((kind) => kind.value));
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let count = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    const isNear = chosen === '' || all('[data-choose]', row).some((end) => end.dataset.choose === chosen);
    row.hidden = !(isNear && shown.has(row.dataset.kind) && words.every((word) => text.includes(word)));
    if (!row.hidden) count += 1;
  }
  one('.count').textContent = (count === rows.length ? 'all ' : count + ' of ') + rows.length + (chosen === '' ? '' : ', of ' + chosen);
  for (const arrow of arrows) {
    const its = arrow.dataset.kinds.split(' ').filter(Boolean);
    arrow.classList.toggle('gone', its.length > 0 && !its.some((kind) => shown.has(kind)));
  }
}

const { x, y, width, height } = picture.viewBox.baseVal;
const whole = { x, y, width, height };
let view = whole;
let motion = 0;

function look(next) {
  view = next;
  picture.setAttribute('viewBox', [view.x, view.y, view.width, view.height].map((n) => n.toFixed(1)).join(' '));
  stage.classList.toggle('near', view.width < whole.width * 0.99);
}

function move(next) {
  cancelAnimationFrame(motion);
  if (stillness.matches) return look(next);
  const from = view;
  const begun = performance.now();
  const step = (now) => {
    const done = Math.min(1, Math.max(0, (now - begun) / 260));
    const part = 1 - (1 - done) ** 3;
    const between = (key) => from[key] + (next[key] - from[key]) * part;
    look({ x: between('x'), y: between('y'), width: between('width'), height: between('height') });
    if (done < 1) motion = requestAnimationFrame(step);
  };
  motion = requestAnimationFrame(step);
}

function zoomed(factor, at = { x: view.x + view.width / 2, y: view.y + view.height / 2 }) {
  const size = Math.min(whole.width * 1.25, Math.max(240, view.width * factor)) / view.width;
  return {
    x: at.x - (at.x - view.x) * size,
    y: at.y - (at.y - view.y) * size,
    width: view.width * size,
    height: view.height * size,
  };
}

function pointIn(event) {
  return new DOMPoint(event.clientX, event.clientY).matrixTransform(picture.getScreenCTM().inverse());
}

/** Where the whole picture is too small to read, what is chosen comes near, with all that it talks to. */
function comeNear() {
  const scale = picture.getBoundingClientRect().width / whole.width;
  if (chosen === '' || scale > 0.7) return move(whole);
  const boxes = all('.module.lit', picture).map((module) => {
    const { width, height } = module.getBBox();
    const { e, f } = module.transform.baseVal.consolidate().matrix;
    return [e, f, e + width, f + height];
  });
  const edge = (index, least) => least(...boxes.map((box) => box[index]));
  const margin = 70;
  const left = edge(0, Math.min) - margin;
  const top = edge(1, Math.min) - margin;
  const near = { x: left, y: top, width: edge(2, Math.max) + margin - left, height: edge(3, Math.max) + margin - top };
  const least = picture.getBoundingClientRect().width * 0.8;
  if (near.width >= least) return move(near);
  move({ ...near, x: near.x - (least - near.width) / 2, width: least });
}

for (const module of modules) {
  const name = module.dataset.module;
  module.setAttribute('role', 'button');
  module.setAttribute('tabindex', '0');
  module.setAttribute('aria-pressed', 'false');
  module.setAttribute('aria-label', module.querySelector('title').textContent);
  module.addEventListener('pointerenter', () => { under = name; show(); });
  module.addEventListener('pointerleave', () => { under = ''; show(); });
  module.addEventListener('focus', () => { if (module.matches(':focus-visible')) { under = name; show(); } });
  module.addEventListener('blur', () => { under = ''; show(); });
  module.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    choose(name === chosen ? '' : name);
  });
}

for (const row of rows) {
  const ends = all('[data-choose]', row).map((end) => end.dataset.choose);
  const isIts = (its, kinds) => its.every((end) => ends.includes(end)) && kinds.includes(row.dataset.kind);
  row.addEventListener('pointerenter', () => light(isIts, ends));
  row.addEventListener('pointerleave', show);
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('[data-choose]');
  if (link) choose(link.dataset.choose);
});
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') { search.value = ''; choose(''); }
  if (event.key === '/' && !event.target.closest('input')) { event.preventDefault(); search.focus(); }
});
search.addEventListener('input', sift);
for (const kind of kinds) kind.addEventListener('change', sift);

let grip;
picture.addEventListener('pointerdown', (event) => {
  if (event.button === 0) grip = { id: event.pointerId, from: [event.clientX, event.clientY], view, isMoved: false };
});
picture.addEventListener('pointermove', (event) => {
  if (grip?.id !== event.pointerId) return;
  const [right, down] = [event.clientX - grip.from[0], event.clientY - grip.from[1]];
  if (!grip.isMoved && Math.hypot(right, down) < 5) return;
  if (!grip.isMoved) picture.setPointerCapture(event.pointerId);
  grip.isMoved = true;
  cancelAnimationFrame(motion);
  const { a } = picture.getScreenCTM();
  look({ ...grip.view, x: grip.view.x - right / a, y: grip.view.y - down / a });
});
picture.addEventListener('pointerup', (event) => {
  const isClick = grip !== undefined && !grip.isMoved;
  grip = undefined;
  if (!isClick) return;
  const name = event.target.closest('.module')?.dataset.module ?? '';
  choose(name === chosen ? '' : name);
});
picture.addEventListener('pointercancel', () => { grip = undefined; });
picture.addEventListener('wheel', (event) => {
  if (!event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  cancelAnimationFrame(motion);
  look(zoomed(Math.exp(event.deltaY / 300), pointIn(event)));
}, { passive: false });

one('.zoom-in').addEventListener('click', () => move(zoomed(1 / 1.5)));
one('.zoom-out').addEventListener('click', () => move(zoomed(1.5)));
one('.zoom-fit').addEventListener('click', () => move(whole));
one('.theme').addEventListener('click', () => {
  const isDark = page.dataset.theme ? page.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  page.dataset.theme = isDark ? 'light' : 'dark';
});

let before;
addEventListener('beforeprint', () => { before = view; cancelAnimationFrame(motion); look(whole); });
addEventListener('afterprint', () => look(before));
addEventListener('hashchange', () => choose(decodeURIComponent(location.hash.slice(1))));
choose(decodeURIComponent(location.hash.slice(1)));
`;
