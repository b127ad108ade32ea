/** How a failure spread: whether the spans above it failed because of it, or dealt with it and failed for another reason, if at all. */
import { readText } from '../attributes.ts';
import { endOf, type Span } from '../trace.ts';
import type { SpanError } from './errors.ts';
import { isTransport } from './noise.ts';
import type { SpanTree } from './tree.ts';

type Failed = ReadonlyMap<Span, SpanError>;

/**
 * `healed`: a retry went well, or a caller succeeded explicitly. `survived`: a caller outlived it without a word, or went on
 * and failed for a reason of its own. `escaped`: it went all the way up, or its caller had ended before.
 */
export type Fate = 'escaped' | 'survived' | 'healed';

export function fateOf(tree: SpanTree, { span, type, httpStatus }: SpanError, failed: Failed): Fate {
  // Recorded on a span that does not call itself failed: somebody caught it there.
  const isCaughtThere = span.status.code !== 'error' && type !== null && (httpStatus === null || httpStatus < 400);
  if (isCaughtThere) return span.status.code === 'ok' ? 'healed' : 'survived';
  for (let at = span, parent = tree.parentOf(at); parent !== null; at = parent, parent = tree.parentOf(at)) {
    if (wasRetriedWell(tree, at, parent, failed)) return 'healed';
    if (wentOn(tree, at, parent, failed)) return 'survived';
    if (failed.has(parent)) continue;
    if (endOf(parent) < endOf(at)) return 'escaped';
    return parent.status.code === 'ok' ? 'healed' : 'survived';
  }
  return 'escaped';
}

/** Failed spans that a failure below them explains. */
export function explainedBelow(tree: SpanTree, failed: Failed): ReadonlySet<Span> {
  const explained = new Set<Span>();
  for (const source of failed.keys()) {
    for (let at = source, parent = tree.parentOf(at); parent !== null; at = parent, parent = tree.parentOf(at)) {
      // Work that began after its caller had failed (it went on behind a timeout) explains nothing.
      if (source.start > endOf(parent)) break;
      if (wasRetriedWell(tree, at, parent, failed) || wentOn(tree, at, parent, failed)) break;
      if (failed.has(parent)) explained.add(parent);
    }
  }
  return explained;
}

/** The same request was made again later and went well. */
function wasRetriedWell(tree: SpanTree, span: Span, parent: Span, failed: Failed): boolean {
  const target = (of: Span) => readText(of, 'httpUrl') ?? '';
  return laterSiblings(tree, span, parent).some(
    (sibling) => sibling.name === span.name && target(sibling) === target(span) && !failed.has(sibling),
  );
}

/** The caller did more after this failure, and failed in the end with other words. */
function wentOn(tree: SpanTree, span: Span, parent: Span, failed: Failed): boolean {
  const own = failed.get(parent);
  const below = failed.get(span);
  if (own === undefined || below === undefined || own.message === '' || below.message === '') return false;
  if (own.message.includes(below.message) || below.message.includes(own.message)) return false;
  return laterSiblings(tree, span, parent).some(
    (sibling) => failed.get(sibling)?.message === own.message || !failed.has(sibling),
  );
}

function laterSiblings(tree: SpanTree, span: Span, parent: Span): readonly Span[] {
  const end = endOf(span);
  return tree.childrenOf(parent).filter((sibling) => sibling.start >= end && !isTransport(sibling));
}
