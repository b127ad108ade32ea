import { expect, it } from 'vitest';
import type { Case } from '../../src/diagnosis/case.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import type { Confidence, Diagnosis, Finding } from '../../src/diagnosis/finding.ts';
import { DEPLOYMENTS, type Deployment } from '../../src/diagnosis/fixes/deployment.ts';
import { howToAllow, refusedCommands, unknownCommands } from './commands.ts';
import { hintFor } from './rule-folders.ts';

/** One incident, and what the whole engine has to say of it. */
export interface Judged {
  readonly about: string;
  readonly case: Case;
  /** The primary cause, or for a case without a fault the verdict. */
  readonly answer: string;
  readonly confidence?: Confidence;
  /** Words of the headline. */
  readonly headline?: readonly (string | RegExp)[];
  /** Words that evidence must contain. */
  readonly shows?: readonly (string | RegExp)[];
  /** Words of the fixes. */
  readonly advises?: readonly (string | RegExp)[];
  /** Nothing may be blocking or degraded. */
  readonly noAlarm?: boolean;
}

export function judge(stories: readonly Judged[]): void {
  for (const story of stories) {
    it(`${story.about}: ${story.answer}`, () => {
      const said = answer(story.case);
      expect(said.primary?.cause ?? said.verdict, `${said.headline}${hintFor(story.answer)}`).toBe(story.answer);
      if (story.confidence !== undefined) expect(said.primary?.confidence).toBe(story.confidence);
      for (const word of story.headline ?? []) expect(said.headline).toMatch(word);
      const evidence = (said.primary?.evidence ?? []).map(({ text }) => text).join('\n');
      for (const word of story.shows ?? []) expect(evidence).toMatch(word);
      for (const word of story.advises ?? []) expect(fixesOf(said.primary)).toMatch(word);
      if (story.noAlarm === true) expect(alarms(said)).toEqual([]);
      wellMade(story.case);
    });
  }
}

export function answer(kase: Case, deployment: Deployment = 'local'): Diagnosis {
  return diagnose(kase, { deployment, apiUrl: null });
}

/** Causes that would wake somebody. */
export function alarms(said: Diagnosis): readonly string[] {
  return findingsOf(said)
    .filter(({ severity }) => severity !== 'notice')
    .map(({ cause }) => cause);
}

export function findingsOf(said: Diagnosis): readonly Finding[] {
  return said.primary === null ? said.others : [said.primary, ...said.others];
}

/** What holds for every answer: sentences that end, evidence, and commands that a shell accepts and ktrdr knows. */
export function wellMade(kase: Case): void {
  for (const deployment of DEPLOYMENTS) {
    const findings = findingsOf(answer(kase, deployment));
    for (const { cause, headline, explanation, evidence, fixes } of findings) {
      expect(headline, cause).toMatch(/[.”…]$/);
      expect(`${headline} ${explanation}`, cause).not.toMatch(
        /undefined|\bnull\b|\[object|!| {2}|[^.]\.\.$| \.|[a-z]\.[A-Z][a-z’]+ /,
      );
      expect(evidence.length, cause).toBeGreaterThan(0);
      expect(fixes.length, cause).toBeGreaterThan(0);
      const texts = fixes.map((fix) => JSON.stringify(fix));
      expect(new Set(texts).size, `${cause} says a fix twice`).toBe(texts.length);
      const commands = fixes.filter((fix) => fix.kind === 'command').slice(1);
      const firstChange = commands.findIndex(({ effect }) => effect === 'changes');
      const lastLook = commands.findLastIndex(({ effect }) => effect === 'inspects');
      expect(firstChange === -1 || lastLook < firstChange, `${cause} changes before it looks`).toBe(true);
    }
    const commands = findings.flatMap(({ fixes }) =>
      fixes.flatMap((fix) => (fix.kind === 'command' ? [fix.command] : [])),
    );
    const unknown = unknownCommands(commands);
    expect(unknown, howToAllow(unknown)).toEqual([]);
    expect(refusedCommands(commands)).toEqual([]);
  }
}

function fixesOf(finding: Finding | null): string {
  return (finding?.fixes ?? [])
    .map((fix) => (fix.kind === 'command' ? fix.command : fix.kind === 'advice' ? fix.text : fix.url))
    .join('\n');
}
