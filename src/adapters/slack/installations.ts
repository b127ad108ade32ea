/** The workspaces and organizations that the app is installed in: encrypted in the store, one entry each. */
import { z } from 'zod';
import type { Installation, RequestOrigin, Store } from '../../jobs/ports.ts';
import { cell, type Encoding, JSON_TEXT, textCell, textList } from '../../jobs/queue/store-cell.ts';
import type { Vault } from './token-vault.ts';

/** There is no token with which to act in a workspace, and trying again won't get one. The message is for people. */
export class TokenMissing extends Error {
  override readonly name = 'TokenMissing';
  readonly reason: 'not_installed' | 'installation_unreadable' | 'token_renewal_refused';

  constructor(reason: TokenMissing['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

export function notInstalled(teamId: string): TokenMissing {
  return new TokenMissing(
    'not_installed',
    `ktrdr-bot is not installed in ${teamId}: open /slack/install to install it.`,
  );
}

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
  ofOwner(owner: string): Promise<Installation | null>;
  /** The same for a workspace by its id alone, which may belong to an organization that was seen before. */
  ofTeam(teamId: string): Promise<Installation | null>;
  learn(origin: RequestOrigin): Promise<void>;
  /** Deletes the installation and all that is kept for it, unless it is newer than the event that says it is gone. */
  forget(owner: string, eventAtMs: number): Promise<boolean>;
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
  const sealed = cell<string, Installation>({
    schema: installationSchema,
    key: (owner) => `installation:${owner}`,
    encoding: sealedIn(vault),
  });
  const ofOwner = (owner: string) => sealed.get(store, owner);

  return {
    save: (installation) => sealed.set(store, installation.owner, installation),

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

    async forget(owner, eventAtMs) {
      if (!OWNER.test(owner)) return false;
      const installedAtMs = await installedAt(owner);
      // Slack repeats events for minutes: one about an earlier installation must not end the present one.
      if (installedAtMs !== null && installedAtMs > eventAtMs + SECOND_MS) return false;
      const teams = await TEAMS.values(store, owner);
      for (const id of [...teams, owner]) await store.deleteOwnedBy(id);
      return true;
    },
  };

  /** Null also for one that cannot be decrypted: it can be deleted all the same. */
  async function installedAt(owner: string): Promise<number | null> {
    try {
      return (await ofOwner(owner))?.installedAtMs ?? null;
    } catch (error) {
      if (error instanceof TokenMissing) return null;
      throw error;
    }
  }
}

/** Encrypted JSON. Throws `TokenMissing` when it cannot be decrypted, because only an administrator can help then. */
function sealedIn(vault: Vault): Encoding<string> {
  return {
    encode: (installation, owner) => vault.seal(JSON_TEXT.encode(installation, owner), owner),
    decode(sealed, owner) {
      const text = vault.open(sealed, owner);
      if (text !== null) return JSON_TEXT.decode(text, owner);
      throw new TokenMissing(
        'installation_unreadable',
        `The stored installation of ${owner} cannot be decrypted: it was stored with another TOKEN_ENCRYPTION_KEY. Set that key again, or install the app there once more.`,
      );
    },
  };
}
