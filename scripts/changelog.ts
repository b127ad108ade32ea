export type Release =
  | { readonly kind: 'released'; readonly text: string }
  | { readonly kind: 'refused'; readonly reason: string };

interface ReleaseOptions {
  readonly version: string;
  /** The version in package.json. */
  readonly current: string;
  /** ISO date. */
  readonly today: string;
}

const UPGRADE_NOTES = '### Upgrade notes';
const NO_UPGRADE_NOTES = `${UPGRADE_NOTES}\n\nStored data: no change.`;

/** Moves what is under “Unreleased” below the version. Each release says what happens to stored data. */
export function releaseChangelog(changelog: string, { version, current, today }: ReleaseOptions): Release {
  if (!/^\d+[.]\d+[.]\d+$/.test(version))
    return refused(`"${version}" isn't a version. Use three numbers, such as 1.4.0.`);
  if (changelog.includes(`\n## ${version} `)) return refused(`CHANGELOG.md has a section for ${version} already.`);
  if (isBefore(version, current)) return refused(`${version} is before the current version ${current}.`);
  const [, intro = '', changes = '', rest = ''] =
    /^([\s\S]*?\n)## Unreleased\n([\s\S]*?)((?:\n## [\s\S]*)?)$/.exec(changelog) ?? [];
  if (intro === '') return refused('CHANGELOG.md has no section "## Unreleased".');
  if (changes.trim() === '') return refused('CHANGELOG.md has nothing under "## Unreleased".');
  const notes = changes.includes(UPGRADE_NOTES) ? '' : `\n\n${NO_UPGRADE_NOTES}`;
  const text = `${intro}## Unreleased\n\n## ${version} (${today})\n\n${changes.trim()}${notes}\n${rest}`;
  return { kind: 'released', text };
}

function isBefore(version: string, current: string): boolean {
  const [mine, other] = [version, current].map((text) => text.split('.').map(Number));
  const first = mine?.findIndex((number, i) => number !== other?.[i]) ?? -1;
  return first !== -1 && (mine?.[first] ?? 0) < (other?.[first] ?? 0);
}

function refused(reason: string): Release {
  return { kind: 'refused', reason };
}
