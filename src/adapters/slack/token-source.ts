/** The one place where tokens come from when the app is installed in several workspaces. */
import type { Logger } from 'pino';
import type { Store } from '../../jobs/ports.ts';
import { createInstallations, type Installation, type Installations, type Whereabouts } from './installations.ts';
import { TokenMissing } from './token-missing.ts';
import { createRotation, notInstalled } from './token-rotation.ts';
import type { Vault } from './token-vault.ts';

export interface TokenSource extends Pick<Installations, 'save' | 'forget'> {
  /** Asked before every call and never remembered: tokens rotate. Rejects with `TokenMissing` where there is none. */
  tokenFor(teamId: string): Promise<string>;
  /** Who answers an incoming request. */
  botOf(slackContext: Whereabouts): Promise<Bot>;
}

type Bot =
  | ({ readonly kind: 'bot' } & Pick<Installation, 'botToken' | 'botId' | 'botUserId'>)
  | { readonly kind: 'none'; readonly why: string };

export interface TokenSourceOptions {
  readonly store: Store;
  readonly vault: Vault;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly apiUrl: string;
  readonly log: Logger;
}

export function createTokenSource({ store, vault, ...app }: TokenSourceOptions): TokenSource {
  const installations = createInstallations(store, vault);
  const withFreshToken = createRotation({ store, installations, ...app });

  async function installationOf(teamId: string): Promise<Installation> {
    const found = await installations.ofTeam(teamId);
    if (found === null) throw notInstalled(teamId);
    return withFreshToken(found);
  }

  return {
    save: installations.save,
    forget: installations.forget,
    tokenFor: async (teamId) => (await installationOf(teamId)).botToken,
    async botOf(slackContext) {
      try {
        await installations.learn(slackContext);
        const { teamId, enterpriseId } = slackContext;
        return { kind: 'bot', ...(await installationOf(teamId || (enterpriseId ?? ''))) };
      } catch (error) {
        if (!(error instanceof TokenMissing)) throw error;
        return { kind: 'none', why: error.message };
      }
    },
  };
}
