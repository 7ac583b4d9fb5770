import type { ServerProperties } from 'amqplib';
import { BrokerNotUsable, isAboutCertificates } from '../broker-not-usable.js';
import type { RabbitMqNode } from './nodes.js';

/** Quorum queues let messages expire from this version on. */
const OLDEST = [3, 10] as const;
const DELETE_IT = 'nothing is lost by that, because the outbox sends again what was in it';

interface Refusal {
  /** Of what the broker, or the client, says. */
  readonly sign: RegExp;
  readonly what: (node: RabbitMqNode) => string;
  readonly mend: (node: RabbitMqNode, system: string) => string;
}

const REFUSALS: readonly Refusal[] = [
  {
    sign: /ACCESS_REFUSED - Login was refused|user '.*' can only connect via localhost/,
    what: ({ user }) => `refuses the user "${user}"`,
    mend: () =>
      'Correct the user and the password in AMQP_URL, percent-encoded. The user "guest" may come from the machine of the broker only.',
  },
  {
    // The client tells no more: the vhost is not there, or the user may not enter it, or it is full.
    sign: /Expected ConnectionOpenOk; got <ConnectionClose/,
    what: ({ user, vhost }) => `does not let the user "${user}" into the vhost "${vhost}"`,
    mend: (node, system) =>
      `Correct the vhost in AMQP_URL, or make it: rabbitmqctl add_vhost '${node.vhost}' && ${permit(node, system)}`,
  },
  {
    sign: /ACCESS_REFUSED/,
    what: ({ user, vhost }) => `does not permit the user "${user}" what messages need in the vhost "${vhost}"`,
    mend: (node, system) => `Permit it: ${permit(node, system)}`,
  },
  {
    sign: /PRECONDITION_FAILED - inequivalent arg/,
    what: () => 'has a queue of this name with other properties',
    mend: ({ vhost }) =>
      `Delete the queue that is named here: rabbitmqctl delete_queue -p '${vhost}' <queue>; ${DELETE_IT}.`,
  },
  {
    sign: /SASL mechanism PLAIN is not provided/,
    what: () => 'takes no user and password',
    mend: () => 'Enable the mechanism PLAIN: auth_mechanisms.1 = PLAIN in rabbitmq.conf.',
  },
];

/** What only a person can mend; undefined for what may pass, such as a broker that has not started yet. */
export function refusalOf(error: unknown, node: RabbitMqNode, system: string): BrokerNotUsable | undefined {
  if (error instanceof BrokerNotUsable) return error;
  const { message } = error as Error;
  const refused = (what: string, mend: string) =>
    new BrokerNotUsable(`RabbitMQ at ${node.shown} ${what}: ${message}.`, mend, { cause: error });
  if (isAboutCertificates(error as Error))
    return refused(
      'cannot be reached safely',
      'Name the certificate of its authority in AMQP_CA and, where it asks for one of ours, AMQP_CERT and AMQP_KEY; the host in AMQP_URL must be one that its certificate names.',
    );
  const refusal = REFUSALS.find(({ sign }) => sign.test(message));
  return refusal && refused(refusal.what(node), refusal.mend(node, system));
}

/** @throws BrokerNotUsable for another server than RabbitMQ, and for one that is too old. */
export function mustFit({ product, version }: ServerProperties, { shown }: RabbitMqNode): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST;
  if (product === 'RabbitMQ' && (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor))) return;
  throw new BrokerNotUsable(
    `The broker at ${shown} is ${product} ${version}, and messages travel over RabbitMQ ${OLDEST.join('.')} or newer.`,
    `Upgrade it to RabbitMQ ${OLDEST.join('.')} or newer, or take another transport in topology.json.`,
  );
}

function permit({ vhost, user }: RabbitMqNode, system: string): string {
  return `rabbitmqctl set_permissions -p '${vhost}' '${user}' '^${system}\\.' '^amq\\.default$' '^${system}\\.'`;
}
