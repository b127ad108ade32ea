/** “What just happened”: how an answer came about, part by part, as the app and the servers recorded it. */
import { h } from './dom.js';
import { preciseClock } from './time.js';
import { stepsOf } from './workspace.js';

/** Fills the place with what is known now; the button asks again, because an answer may still change. */
export async function showSteps(place, message) {
  const steps = await stepsOf(message);
  const from = Math.min(...steps.map(({ at }) => at));
  const parts = [...new Set(steps.map(({ part }) => part))];
  place.replaceChildren(
    ...(steps.length === 0
      ? [h('p', { class: 'muted' }, 'Nothing is recorded for this message.')]
      : [
          h('p', { class: 'muted' }, `Began at ${preciseClock(new Date(from))}. Times count from then.`),
          ...parts.map((part) =>
            partOf(
              part,
              steps.filter((step) => step.part === part),
              from,
            ),
          ),
        ]),
    h('button', { type: 'button', class: 'quiet', onclick: () => showSteps(place, message) }, 'Refresh'),
  );
}

function partOf(part, steps, from) {
  const [first, last] = [steps[0], steps.at(-1)];
  const one = steps.length === 1;
  const span =
    one || first.at === last.at ? passed(first.at - from) : `${passed(first.at - from)} – ${passed(last.at - from)}`;
  return h(
    'details',
    { class: 'part', open: part === 'Rules' || one },
    h('summary', {}, h('strong', {}, part), h('span', { class: 'muted' }, `${one ? '' : `${steps.length} · `}${span}`)),
    h(
      'ol',
      {},
      steps.map(({ at, text }) => h('li', {}, h('span', { class: 'passed' }, passed(at - from)), h('code', {}, text))),
    ),
  );
}

function passed(ms) {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
