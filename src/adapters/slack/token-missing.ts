/** There is no token with which to act in a workspace, and none will come by trying again; the message is for people. */
export class TokenMissing extends Error {
  override readonly name = 'TokenMissing';
  readonly reason: 'not_installed' | 'installation_unreadable' | 'token_renewal_refused';

  constructor(reason: TokenMissing['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}
