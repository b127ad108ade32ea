/** A rule of the catalogue made from an operator's cause. It is reported, ranked and superseded like the built-in ones. */
import type { Facts } from '../facts/index.ts';
import type { Fix, NonEmpty } from '../finding.ts';
import type { Deployment } from '../fixes/deployment.ts';
import { advice } from '../fixes/make.ts';
import { fromTemplate, NAMED, wordOf } from '../fixes/shell.ts';
import { clear, match, type Rule, type RuleContext } from '../rule.ts';
import { sentence } from '../words.ts';
import { type Fulfilled, fulfilled } from './conditions.ts';
import type { Conditions, OwnCause, OwnFix, TextMatch } from './own-cause.ts';

export function ownRule(cause: OwnCause): Rule {
  const { id, title, scenario, severity, confidence } = cause;
  return {
    id,
    title,
    symptom: sentence(cause.headline.replace(NAMED, '…')),
    proof: proofIn(cause.when),
    scenario,
    severity,
    // More specific than the bare error, and gives way only to more severe causes.
    tier: 'specific',
    variants: {},
    check(facts, context) {
      if (scenario === 'failed' && !facts.failure.hasFailed) return clear;
      const found = fulfilled(cause.when, facts);
      if (found === null) return clear;
      const [first, ...evidence] = found.evidence;
      if (first === undefined) return clear;
      const values = valuesFor(found, facts, context);
      const text = (template: string) =>
        template.replace(NAMED, (_, name: string) => context.clean(values(name) ?? '…'));
      return match({
        confidence,
        headline: sentence(text(cause.headline)),
        explanation: text(cause.explanation),
        culprit: found.span,
        evidence: [first, ...evidence],
        fixes: fixesIn(cause.fixes, { values, text, context }),
      });
    },
  };
}

type Values = (name: string) => string | null;

function valuesFor({ groups, span }: Fulfilled, facts: Facts, { noun }: RuleContext): Values {
  const { symbol, timeframe, strategy } = facts.parameters;
  const worker = facts.workers.assignedId;
  const service = span?.service ?? null;
  const known: Readonly<Record<string, string | null>> = {
    ...{ symbol, timeframe, strategy, worker, service, noun, operation: facts.operationId },
    ...groups,
  };
  return (name) => (Object.hasOwn(known, name) ? (known[name] ?? null) : null);
}

interface Filling {
  readonly values: Values;
  readonly text: (template: string) => string;
  readonly context: RuleContext;
}

function fixesIn(fixes: readonly OwnFix[], { values, text, context }: Filling): NonEmpty<Fix> {
  const here = fixes.filter(({ deployments }) => deployments === undefined || deployments.includes(context.deployment));
  const made = here.map((fix): Fix => {
    if (fix.kind === 'advice') return advice(text(fix.text));
    const { label, effect } = fix;
    const command = fromTemplate(fix.command, (name) => {
      const value = values(name);
      return value === null ? null : wordOf(value, context.clean);
    });
    return command === null ? advice(sentence(text(label))) : { kind: 'command', label: text(label), command, effect };
  });
  const [first = advice(noneFor(context.deployment)), ...rest] = made;
  return [first, ...rest];
}

function noneFor(deployment: Deployment): string {
  return `CAUSES_FILE has no fix for this cause in the deployment ${deployment}.`;
}

function proofIn({ types, message, exception, span, service, attributes = {} }: Conditions): string {
  const parts = [
    types === undefined ? null : `The operation type is ${types.join(' or ')}.`,
    message === undefined ? null : `It failed with a message that ${worded(message)}.`,
    exception === undefined ? null : `The exception’s type ${worded(exception)}.`,
    span === undefined ? null : `A span’s name ${worded(span)}.`,
    service === undefined ? null : `The service of ${span === undefined ? 'a' : 'that'} span ${worded(service)}.`,
    ...Object.entries(attributes).map(([name, value]) => `Its attribute ${name} ${worded(value)}.`),
  ];
  return parts.filter((part) => part !== null).join(' ');
}

function worded({ kind, text }: TextMatch): string {
  const verb = { equals: 'is', 'starts-with': 'starts with', 'ends-with': 'ends with', matches: 'matches' }[kind];
  return `${verb} “${text}”`;
}
