import { isIPv6 } from 'node:net';

const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * What a client's address is counted as: an IPv4 address itself, of an IPv6 address its /64, within which one customer
 * of a provider may take a new address for every request.
 */
export function networkOf(address: string): string {
  const [, mapped] = MAPPED_IPV4.exec(address) ?? [];
  if (mapped) return mapped;
  return isIPv6(address) ? `${groupsOf(address).slice(0, 4).join(':')}::/64` : address;
}

/** All eight groups; a zone (`%eth0`) or an IPv4 tail stands in the last ones, which nobody looks at. */
function groupsOf(address: string): string[] {
  const [head = [], tail = []] = address.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const width = tail.at(-1)?.includes('.') ? tail.length + 1 : tail.length;
  const gap = Array.from({ length: Math.max(0, 8 - head.length - width) }, () => '0');
  return [...head, ...gap, ...tail].map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''));
}
