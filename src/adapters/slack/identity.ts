import { createWebClient } from './web-client.ts';

const TIMEOUT_MS = 10_000;

/** What differs between Slack apps and stays the same for all processes of one; null while Slack does not tell. */
export async function botIdentity(token: string, apiUrl: string): Promise<string | null> {
  try {
    const { team_id, bot_id, user_id } = await createWebClient(apiUrl, TIMEOUT_MS).auth.test({ token });
    return `${team_id}-${bot_id ?? user_id}`;
  } catch {
    return null;
  }
}
