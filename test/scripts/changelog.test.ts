import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { releaseChangelog } from '../../scripts/changelog.ts';

const OPTIONS = { version: '0.2.0', current: '0.1.0', today: '2026-11-30' };
const OLDER = '\n## 0.1.0 (2026-10-01)\n\n- First.\n';

describe('releaseChangelog', () => {
  it('moves what is unreleased under the version and keeps older releases', () => {
    const text = `# Changelog\n\n## Unreleased\n\n- A change.\n${OLDER}`;
    expect(releaseChangelog(text, OPTIONS)).toEqual({
      kind: 'released',
      text: `# Changelog\n\n## Unreleased\n\n## 0.2.0 (2026-11-30)\n\n- A change.\n\n### Upgrade notes\n\nStored data: no change.\n${OLDER}`,
    });
  });

  it('keeps upgrade notes that were written', () => {
    const text = '# Changelog\n\n## Unreleased\n\n- A change.\n\n### Upgrade notes\n\nDigests have to be set again.\n';
    const released = releaseChangelog(text, OPTIONS);
    expect(released).toMatchObject({ text: expect.stringContaining('Digests have to be set again.') });
    expect(released).not.toMatchObject({ text: expect.stringContaining('no change') });
  });

  it.each([
    ['v0.2', `\n## Unreleased\n\n- A.\n`, /isn't a version/],
    ['0.0.9', `\n## Unreleased\n\n- A.\n`, /before the current version/],
    ['0.1.0', `\n## Unreleased\n\n- A.\n${OLDER}`, /already/],
    ['0.2.0', `\n## Unreleased\n${OLDER}`, /nothing under/],
    ['0.2.0', '# Changelog\n', /no section/],
  ])('refuses %s where it cannot be right', (version, text, reason) => {
    expect(releaseChangelog(text, { ...OPTIONS, version })).toEqual({
      kind: 'refused',
      reason: expect.stringMatching(reason),
    });
  });

  it('finds the section in the changelog of today', () => {
    const changelog = readFileSync(new URL('../../CHANGELOG.md', import.meta.url), 'utf8');
    // Right after a release the section is empty.
    const withChange = changelog.replace('## Unreleased\n', '## Unreleased\n\n- A change.\n');
    expect(releaseChangelog(withChange, { ...OPTIONS, version: '999.0.0' }).kind).toBe('released');
  });
});
