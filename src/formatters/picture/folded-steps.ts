import type { FlowStep } from '../../diagnosis/finding.ts';

/** Steps of the same name, service and outcome below the same step. */
export interface FoldedStep {
  readonly count: number;
  /** From the first start to the last end; for a single step, the step itself. */
  readonly step: FlowStep;
  readonly longestMs: number;
}

interface Node {
  count: number;
  step: FlowStep;
  longestMs: number;
  readonly below: Map<string, Node>;
}

/** In reading order. The root cause's step is never folded, so that it can be seen. */
export function foldedSteps(flow: readonly FlowStep[], culprit: string | undefined): readonly FoldedStep[] {
  const top = new Map<string, Node>();
  const open: Node[] = [];
  for (const step of flow) {
    open.length = Math.min(open.length, Number.isFinite(step.depth) ? Math.max(0, Math.floor(step.depth)) : 0);
    const siblings = open.at(-1)?.below ?? top;
    const key = JSON.stringify([step.service, step.operation, step.error, step.spanId === culprit]);
    const known = siblings.get(key);
    const node = known ?? { count: 0, step: { ...step, depth: open.length }, longestMs: 0, below: new Map() };
    if (known === undefined) siblings.set(key, node);
    else node.step = joined(node.step, step);
    node.count += 1;
    node.longestMs = Math.max(node.longestMs, step.durationMs);
    open.push(node);
  }
  const folded: FoldedStep[] = [];
  const waiting = [...top.values()].reverse();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    folded.push(node);
    waiting.push(...[...node.below.values()].reverse());
  }
  return folded;
}

function joined(first: FlowStep, step: FlowStep): FlowStep {
  const startMs = Math.min(first.startMs, step.startMs);
  const endMs = Math.max(first.startMs + first.durationMs, step.startMs + step.durationMs);
  const onCriticalPath = first.onCriticalPath || step.onCriticalPath;
  return { ...first, startMs, durationMs: endMs - startMs, onCriticalPath };
}
