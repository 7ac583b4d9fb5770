import { z } from 'zod';

/**
 * A UUID as a caller writes it: in capitals too, which RFC 9562 (section 4) has us take. It goes on in small letters,
 * because ids become the keys of messages and processes, and those are compared as text.
 */
export const Uuid = z.uuid().toLowerCase();
