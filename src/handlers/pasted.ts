/** What somebody's message names without asking. */
import type { Subject } from '../diagnosis/case.ts';
import { decodeEntities } from '../language/escape.ts';
import { subjectsIn } from './text.ts';

const LINK = /<(https?:[^|<>]*)(?:\|[^<>]*)?>|https?:\/\/[^\s<>]+/g;

/**
 * Operation ids, wherever they stand; trace ids only in links to Jaeger, because elsewhere as many hex digits are a commit
 * or a checksum.
 */
export function pastedSubjects(text: string, jaegerHost: string | null): readonly Subject[] {
  const named = subjectsIn(text).filter(({ kind }) => kind === 'operation');
  if (named.length > 0) return named;
  const urls = [...text.matchAll(LINK)].map(([whole, url]) => decodeEntities(url ?? whole));
  return urls.flatMap((url) => linkedSubjects(url, jaegerHost));
}

/** The operation or trace that a link to Jaeger leads to. */
export function linkedSubjects(url: string, jaegerHost: string | null): readonly Subject[] {
  return URL.canParse(url) && new URL(url).host === jaegerHost ? subjectsIn(url) : [];
}
