import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { compare } from 'bcryptjs';
import type { WebConfig } from './web-config.ts';

/** Why a request gets no page; undefined when it gets one. */
type Refusal = { readonly status: 401 | 403; readonly text: string } | undefined;

/** Decides who may read. */
export type Admission = (request: IncomingMessage, config: WebConfig) => Promise<Refusal>;

/** Checks that are remembered: a bcrypt hash of cost 10 takes 70 ms of CPU. */
const MEMORY = 100;

/** Of nobody's password: a user that is not there takes as long as one that is. */
const NOBODY = '$2b$10$gEAnuMij.pdT15qUMZPGyuepEKuWAs6/o3BrNdI5stHpIW08P5abq';

const wrongPassword: Refusal = { status: 401, text: 'A name and a password are asked for.\n' };

export const admission = (): Admission => {
  const known = new Map<string, boolean>();
  let checking: Promise<unknown> = Promise.resolve();

  const matches = (user: string, password: string, hash: string | undefined): Promise<boolean> => {
    const key = createHash('sha256')
      .update(JSON.stringify([user, password, hash]))
      .digest('base64');
    // One at a time, so that guessing costs one check at most of any moment.
    const result = checking.then(async () => {
      const before = known.get(key);
      if (before !== undefined) return before;
      const right = (await compare(password, hash ?? NOBODY)) && hash !== undefined;
      if (known.size >= MEMORY) known.delete(known.keys().next().value!);
      known.set(key, right);
      return right;
    });
    checking = result.catch(() => {});
    return result;
  };

  return async (request, { tls, clientAuth, allowedSans, users }) => {
    const certificate = tls === undefined ? undefined : refusedCertificate(request.socket as TLSSocket, clientAuth, allowedSans);
    if (certificate !== undefined || users.size === 0) return certificate;
    const [, coded] = /^basic ([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (coded === undefined) return wrongPassword;
    const [, user, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(coded, 'base64').toString()) ?? [];
    if (user === undefined || password === undefined) return wrongPassword;
    return (await matches(user, password, users.get(user))) ? undefined : wrongPassword;
  };
};

const refusedCertificate = (socket: TLSSocket, clientAuth: WebConfig['clientAuth'], allowedSans: readonly string[]): Refusal => {
  const { subject, subjectaltname = '' } = socket.getPeerCertificate();
  if (subject === undefined) {
    return clientAuth.startsWith('Require') ? { status: 403, text: 'A client certificate is asked for.\n' } : undefined;
  }
  if (!clientAuth.includes('Verify')) return undefined;
  if (!socket.authorized) return { status: 403, text: `The client certificate is not accepted: ${String(socket.authorizationError)}\n` };
  const names = subjectaltname.split(', ').map((name) => name.slice(name.indexOf(':') + 1));
  if (allowedSans.length === 0 || names.some((name) => allowedSans.includes(name))) return undefined;
  return { status: 403, text: 'The client certificate is not accepted: it has none of the names that are allowed.\n' };
};
