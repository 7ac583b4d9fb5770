import { Body, Controller, Get, Header, Ip, Post, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { Allow, CurrentPrincipal, Public } from '#kernel/http/access';
import { created } from '#kernel/http/answer';
import { Idempotent } from '#kernel/http/idempotency';
import { Refuses, Returns } from '#kernel/http/openapi';
import { pageOf, pageQuery } from '#kernel/http/pagination';
import type { Principal } from '#kernel/http/tokens';
import { Uuid } from '#kernel/http/uuid';
import { type Account, STAFF_ROLES } from './domain/account.js';
import { AccessTokens, TOKEN_LIFETIME } from './security/access-tokens.js';
import { GetAccount } from './use-cases/get-account.js';
import { ListCustomers } from './use-cases/list-customers.js';
import { OpenAccount } from './use-cases/open-account.js';
import { SignIn } from './use-cases/sign-in.js';

const Email = z.email().max(254).describe('in whatever case');
const NewCustomer = z.strictObject({
  email: Email,
  password: z.string().min(12).max(200),
  name: z.string().trim().min(1).max(200),
});
const NewStaff = z.strictObject({
  ...NewCustomer.shape,
  roles: z.array(z.enum(STAFF_ROLES)).min(1).max(STAFF_ROLES.length).describe('admin includes sales'),
});
const CustomerView = z.object({ id: z.uuid(), email: z.string(), name: z.string() });
const AccountView = z.object({ ...CustomerView.shape, roles: z.array(z.string()) });
const CustomerSearch = z.strictObject({
  ...pageQuery,
  after: Uuid.optional().describe('`next` of the page before'),
  email: z.string().min(1).max(254).optional().describe('the whole address, in whatever case'),
});
const Credentials = z.strictObject({ email: Email, password: z.string().min(1).max(200) });
const Session = z.object({
  accessToken: z.string(),
  expiresIn: z.literal(TOKEN_LIFETIME).describe('in seconds'),
  tokenType: z.literal('Bearer'),
});
const PublicKeys = z.object({
  keys: z.array(
    z.object({
      kty: z.string(),
      crv: z.string(),
      x: z.string(),
      y: z.string(),
      kid: z.string(),
      alg: z.string(),
      use: z.literal('sig'),
    }),
  ),
});

@Controller()
export class IdentityController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
    private readonly tokens: AccessTokens,
  ) {}

  @Post('identity/customers')
  @Public()
  @Idempotent()
  @Returns(201, CustomerView, 'The customer can sign in.')
  @Refuses({ 409: 'the e-mail address is taken' })
  async register(@Body({ schema: NewCustomer }) details: z.output<typeof NewCustomer>) {
    return created(customerView(await this.commands.execute(new OpenAccount({ ...details, roles: ['customer'] }))));
  }

  @Get('identity/customers')
  @Allow('sales', 'admin')
  @Returns(200, pageOf(CustomerView), 'Customers in the order they came.')
  async customers(@Query({ schema: CustomerSearch }) filter: z.output<typeof CustomerSearch>) {
    const { items, next } = await this.queries.execute(new ListCustomers(filter));
    return { items: items.map(customerView), next };
  }

  @Post('identity/staff')
  @Allow('admin')
  @Idempotent()
  @Returns(201, AccountView, 'The colleague can sign in.')
  @Refuses({ 409: 'the e-mail address is taken' })
  async hire(@Body({ schema: NewStaff }) details: z.output<typeof NewStaff>) {
    return created(accountView(await this.commands.execute(new OpenAccount(details))));
  }

  @Get('identity/me')
  @Returns(200, AccountView, 'The account that is signed in.')
  async me(@CurrentPrincipal() { id }: Principal) {
    return accountView(await this.queries.execute(new GetAccount(id)));
  }

  /** Not idempotent: to repeat a token, it would have to be kept, and a new one does as well. */
  @Post('identity/sessions')
  @Public()
  @Header('Cache-Control', 'no-store')
  @Returns(201, Session, 'A token for the Authorization header.')
  @Refuses({
    401: 'the e-mail address or the password is wrong',
    429: 'too many failed for the account or from the address; Retry-After says when to come back',
  })
  async signIn(@Body({ schema: Credentials }) credentials: z.output<typeof Credentials>, @Ip() address: string) {
    const accessToken = await this.commands.execute(new SignIn(credentials, address));
    return created({ accessToken, expiresIn: TOKEN_LIFETIME, tokenType: 'Bearer' });
  }

  @Get('.well-known/jwks.json')
  @Public()
  @Header('Cache-Control', 'public, max-age=300')
  @Returns(200, PublicKeys, 'The keys that tokens are verified by (RFC 7517).')
  publicKeys() {
    return { keys: [this.tokens.publicJwk] };
  }
}

function customerView({ id, email, name }: Account): z.infer<typeof CustomerView> {
  return { id, email, name };
}

function accountView(account: Account): z.infer<typeof AccountView> {
  return { ...customerView(account), roles: account.roles };
}
