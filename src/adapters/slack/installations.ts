/** The workspaces and organizations that the app is installed in: encrypted in the store, one entry each. */
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
  /** The same for a workspace by its id alone, which may belong to an organization that was seen before. */
  ofTeam(teamId: string): Promise<StoredInstallation | null>;
  learn(origin: RequestOrigin): Promise<void>;
  /** Deletes the installation unless it is newer than the event that says it is gone; false then. */
  remove(owner: string, eventAtMs: number): Promise<boolean>;
}

interface StoredInstallation {
  readonly installation: Installation;
  /** False, with nothing written, when the entry has changed or is gone since it was read. */
  replaceWith(renewed: Installation): Promise<boolean>;
}

/** As long as an installation can be expected to live; it is written again whenever it is missing. */
const TEAMS_TTL_MS = 10 * 365 * 24 * 3_600_000;
/** The organization whose installation serves a workspace. */
const ORGANISATION = textCell<string>({ key: (teamId) => `organisation:${teamId}` });
const TEAMS = textList<string>({ key: (enterpriseId) => `teams:${enterpriseId}`, ttlMs: TEAMS_TTL_MS });
const OWNER = /^[TE][A-Z0-9]+$/;
/** Slack counts the time of its events in whole seconds. */
const SECOND_MS = 1000;

export function createInstallations(store: Store, vault: Vault): Installations {
  const seal = (installation: Installation) => vault.seal(JSON.stringify(installation), installation.owner);

  /** Throws `TokenMissing` when it cannot be decrypted, because only an administrator can help then. */
  function opened(sealed: string, owner: string): Installation | null {
    const text = vault.open(sealed, owner);
    if (text === null) throw installationUnreadable();
    const { data } = installationSchema.safeParse(parseJson(text));
    if (data === undefined) store.reportUnreadable(installationKey(owner));
    return data ?? null;
  }

  async function ofOwner(owner: string): Promise<StoredInstallation | null> {
    const sealed = await store.get(installationKey(owner));
    const installation = sealed === null ? null : opened(sealed, owner);
    if (sealed === null || installation === null) return null;
    // Every entry has a nonce of its own, so that equal texts are one and the same entry.
    const replaceWith = (renewed: Installation) => store.replace(installationKey(owner), sealed, seal(renewed));
    return { installation, replaceWith };
  }

  return {
    save: (installation) => store.set(installationKey(installation.owner), seal(installation)),

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
        if (installedAt(sealed, owner) > eventAtMs + SECOND_MS) return false;
        // When it has changed meanwhile, it may have been renewed or installed again.
        if (await store.replace(installationKey(owner), sealed, null)) return true;
      }
    },
  };

  /** Long ago for one that cannot be decrypted: it can be deleted all the same. */
  function installedAt(sealed: string, owner: string): number {
    try {
      return opened(sealed, owner)?.installedAtMs ?? 0;
    } catch (error) {
      if (error instanceof TokenMissing) return 0;
      throw error;
    }
  }
}

export function installationKey(owner: string): string {
  return `installation:${owner}`;
}

/** The workspaces that an organization's installation has served and that have none of their own; and the owner itself. */
export async function workspacesOf(store: Store, owner: string): Promise<readonly string[]> {
  const teams = await TEAMS.values(store, owner);
  const own = await store.getMany(teams.map(installationKey));
  return [...teams.filter((_, index) => own[index] === null), owner];
}
