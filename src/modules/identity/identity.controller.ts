import { Body, Controller, Get, Header, Ip, Post, Query, Req, UseGuards } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { FastifyRequest } from 'fastify';
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
import { HashesNewPassword, NewPassword, newPasswordHash } from './security/new-password.js';
import { RegistrationLimit } from './security/registration-limit.js';
import { GetAccount } from './use-cases/get-account.js';
import { ListCustomers } from './use-cases/list-customers.js';
import { OpenAccount } from './use-cases/open-account.js';
import { SignIn } from './use-cases/sign-in.js';

const Email = z.email().max(254).describe('in whatever case');
const NewCustomer = z.strictObject({
  email: Email,
  password: NewPassword,
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
  @UseGuards(RegistrationLimit)
  @Idempotent(HashesNewPassword)
  @Returns(201, CustomerView, 'The customer can sign in.')
  @Refuses({
    409: 'the e-mail address is taken',
    429: 'too many register at once or from the address; Retry-After says when to come back',
  })
  async register(
    @Body({ schema: NewCustomer }) { email, name }: z.output<typeof NewCustomer>,
    @Req() request: FastifyRequest,
  ) {
    const passwordHash = newPasswordHash(request);
    const account = new OpenAccount({ email, name, passwordHash, roles: ['customer'] });
    return created(customerView(await this.commands.execute(account)));
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
  @Idempotent(HashesNewPassword)
  @Returns(201, AccountView, 'The colleague can sign in.')
  @Refuses({ 409: 'the e-mail address is taken' })
  async hire(
    @Body({ schema: NewStaff }) { email, name, roles }: z.output<typeof NewStaff>,
    @Req() request: FastifyRequest,
  ) {
    const passwordHash = newPasswordHash(request);
    return created(accountView(await this.commands.execute(new OpenAccount({ email, name, passwordHash, roles }))));
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
