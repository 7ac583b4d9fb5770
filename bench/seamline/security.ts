/** What both apps of a bench know; in a user's system it comes from the environment. */
export const SECURITY = { secret: 'known to both apps of a bench, and to nobody else' };
export const HOST = '127.0.0.1';
