/** The workspaces and organizations that the app is installed in: encrypted in the store, one entry each. */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Installation, RequestOrigin, Store } from '../../jobs/ports.ts';
import { textCell, textList } from '../../jobs/queue/store-cell.ts';
import { parseJson } from '../../language/json.ts';
import { installationUnreadable, TokenMissing } from './token-errors.ts';
import type { Vault } from './token-vault.ts';

const installationSchema = z.object({
  owner: z.string(),
  botToken: z.string(),
  botId: z.string(),
  botUserId: z.string(),
  refreshToken: z.string().nullable(),
  expiresAtMs: z.number().nullable(),
  installedAtMs: z.number(),
}) satisfies z.ZodType<Installation>;

export interface Installations {
  save(installation: Installation): Promise<void>;
  /** Null when the app is not installed there; throws `TokenMissing` when the entry cannot be decrypted. */
  ofOwner(owner: string): Promise<StoredInstallation | null>;
  /** The same for a workspace ID alone, which may belong to a known organization. */
  ofTeam(teamId: string): Promise<StoredInstallation | null>;
  learn(origin: RequestOrigin): Promise<void>;
  /** Deletes the installation unless it is newer than the event that says it is gone; false then. */
  remove(owner: string, eventAtMs: number): Promise<boolean>;
  /** Re-encrypts with the current key the entries that were encrypted with an earlier one. */
  encryptAgain(signal: AbortSignal): Promise<{ readonly encrypted: number; readonly unreadable: number }>;
}

interface StoredInstallation {
  readonly installation: Installation;
  /** False, with nothing written, when the installation has changed or is gone since it was read. */
  replaceWith(renewed: Installation): Promise<boolean>;
}

interface Entry {
  readonly sealed: string;
  readonly installation: Installation;
  readonly isCurrent: boolean;
}

/** Owners by the time at which their entry was encrypted, in milliseconds. */
export const ENCRYPTED = 'installations-encrypted';
const PER_STEP = 50;
/** Longer than an installation is expected to live. A missing entry is written again. */
const TEAMS_TTL_MS = 10 * 365 * 24 * 3_600_000;
/** The organization whose installation serves a workspace. */
const ORGANISATION = textCell<string>({ key: (teamId) => `organisation:${teamId}` });
const TEAMS = textList<string>({ key: (enterpriseId) => `teams:${enterpriseId}`, ttlMs: TEAMS_TTL_MS });
const OWNER = /^[TE][A-Z0-9]+$/;
/** Slack dates its events in whole seconds. */
const SECOND_MS = 1000;

export function createInstallations(store: Store, vault: Vault): Installations {
  const entries = createEntries(store, vault);

  async function ofOwner(owner: string): Promise<StoredInstallation | null> {
    const entry = await entries.read(owner);
    if (entry === null) return null;
    if (!entry.isCurrent) await entries.encryptAgain(entry);
    const { installation } = entry;
    return { installation, replaceWith: (renewed) => entries.replace(entry, renewed) };
  }

  return {
    save: entries.save,

    ofOwner,

    async ofTeam(teamId) {
      const own = await ofOwner(teamId);
      if (own !== null) return own;
      const organisation = await ORGANISATION.get(store, teamId);
      return organisation === null ? null : ofOwner(organisation);
    },

    async learn({ teamId, enterpriseId, isEnterpriseInstall }) {
      if (!isEnterpriseInstall || enterpriseId === null || teamId === '' || teamId === enterpriseId) return;
      if ((await ORGANISATION.get(store, teamId)) === enterpriseId) return;
      await TEAMS.append(store, enterpriseId, teamId);
      await ORGANISATION.set(store, teamId, enterpriseId);
    },

    async remove(owner, eventAtMs) {
      if (!OWNER.test(owner)) return false;
      for (;;) {
        const sealed = await store.get(installationKey(owner));
        if (sealed === null) return true;
        // Slack repeats events for minutes: one about an earlier installation must not end the present one.
        if (entries.installedAt(sealed, owner) > eventAtMs + SECOND_MS) return false;
        // If the entry has changed since it was read, the token may have been renewed or the app installed again.
        if (await store.replace(installationKey(owner), sealed, null)) return true;
      }
    },

    async encryptAgain(signal) {
      const count = { encrypted: 0, unreadable: 0 };
      for (const begunMs = Date.now(); !signal.aborted; ) {
        const owners = await store.ranked(ENCRYPTED, { upTo: begunMs - 1, limit: PER_STEP });
        if (owners.length === 0) break;
        for (const { member: owner } of owners) {
          const outcome = await outcomeOf(ofOwner(owner));
          await store.unrank(ENCRYPTED, owner);
          if (outcome === 'gone') continue;
          await store.rank(ENCRYPTED, owner, Date.now());
          count[outcome] += 1;
        }
      }
      return count;
    },
  };
}

async function outcomeOf(reading: Promise<StoredInstallation | null>): Promise<'encrypted' | 'unreadable' | 'gone'> {
  try {
    return (await reading) === null ? 'gone' : 'encrypted';
  } catch (error) {
    if (error instanceof TokenMissing) return 'unreadable';
    throw error;
  }
}

/** Installations as they are stored. Every encryption has a new nonce, so equal texts mean that the entry hasn't changed. */
function createEntries(store: Store, vault: Vault) {
  const seal = (installation: Installation) => vault.seal(JSON.stringify(installation), installation.owner);

  /** Throws `TokenMissing` when the entry can't be decrypted, because only an admin can fix that. */
  function opened(sealed: string, owner: string): Entry | null {
    const content = vault.open(sealed, owner);
    if (content === null) throw installationUnreadable();
    const { data: installation } = installationSchema.safeParse(parseJson(content.text));
    if (installation === undefined) store.reportUnreadable(installationKey(owner));
    return installation === undefined ? null : { sealed, installation, isCurrent: content.isCurrent };
  }

  async function read(owner: string): Promise<Entry | null> {
    const sealed = await store.get(installationKey(owner));
    return sealed === null ? null : opened(sealed, owner);
  }

  async function noteEncrypted({ owner }: Installation): Promise<void> {
    await store.unrank(ENCRYPTED, owner);
    await store.rank(ENCRYPTED, owner, Date.now());
  }

  /** Retries, because another process may re-encrypt the entry, which changes its text but not the installation. */
  async function replace({ sealed, installation }: Entry, renewed: Installation): Promise<boolean> {
    const { owner } = installation;
    if (await store.replace(installationKey(owner), sealed, seal(renewed))) return true;
    const present = await read(owner);
    const isSame = present !== null && isDeepStrictEqual(present.installation, installation);
    return isSame && replace(present, renewed);
  }

  return {
    read,
    replace,

    async save(installation: Installation) {
      await store.set(installationKey(installation.owner), seal(installation));
      await noteEncrypted(installation);
    },

    async encryptAgain({ sealed, installation }: Entry): Promise<void> {
      // If the entry has changed since it was read, it was just encrypted by another process.
      const isDone = await store.replace(installationKey(installation.owner), sealed, seal(installation));
      if (isDone) await noteEncrypted(installation);
    },

    /** A time long ago if the entry can't be decrypted, so that it can still be deleted. */
    installedAt(sealed: string, owner: string): number {
      try {
        return opened(sealed, owner)?.installation.installedAtMs ?? 0;
      } catch (error) {
        if (error instanceof TokenMissing) return 0;
        throw error;
      }
    },
  };
}

export function installationKey(owner: string): string {
  return `installation:${owner}`;
}

/** The owner, and the workspaces without their own installation that an organization's installation has served. */
export async function workspacesOf(store: Store, owner: string): Promise<readonly string[]> {
  const teams = await TEAMS.values(store, owner);
  const own = await store.getMany(teams.map(installationKey));
  return [...teams.filter((_, index) => own[index] === null), owner];
}
