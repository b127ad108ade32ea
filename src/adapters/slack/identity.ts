import { createWebClient } from './web-client.ts';

const TIMEOUT_MS = 10_000;

/** An identity that all processes of one Slack app share and that differs between apps; null while Slack doesn't provide it. */
export async function botIdentity(token: string, apiUrl: string): Promise<string | null> {
  try {
    const { team_id, bot_id, user_id } = await createWebClient(apiUrl, TIMEOUT_MS).auth.test({ token });
    return `${team_id}-${bot_id ?? user_id}`;
  } catch {
    return null;
  }
}
