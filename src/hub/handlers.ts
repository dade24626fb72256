import type { EndpointName } from '../api/endpoints.ts';
import { aboutHandlers } from './about.ts';
import { accountHandlers } from './account.ts';
import { agentHandlers } from './agent/agents.ts';
import { aliasHandlers } from './alias.ts';
import { auditHandlers } from './audit-list.ts';
import { backupHandlers } from './backup.ts';
import { batchHandlers } from './batch.ts';
import { certificateHandlers } from './certificate.ts';
import { clientHandlers } from './client.ts';
import { compareHandlers } from './compare.ts';
import { driftHandlers } from './drift.ts';
import { homeHandlers } from './home.ts';
import type { Handler } from './hub.ts';
import { lookHandlers } from './looks.ts';
import { membershipHandlers } from './membership.ts';
import { choiceHandlers } from './notification/choice.ts';
import { notificationHandlers } from './notification/notification.ts';
import { webhookHandlers } from './notification/webhook.ts';
import { offerHandlers } from './offer.ts';
import { openApi } from './openapi.ts';
import { orderHandlers } from './order.ts';
import { packageHandlers } from './package.ts';
import { platformHandlers } from './platform.ts';
import { queueHandlers } from './queues.ts';
import { reserveHandlers } from './reserve.ts';
import { reserveClaimHandlers } from './reserve-claim.ts';
import { roleHandlers } from './role.ts';
import { serverHandlers } from './server.ts';
import { serviceHandlers } from './service.ts';
import { settingHandlers } from './setting.ts';
import { accountAccessHandlers } from './sign-in/account-access.ts';
import { factorHandlers } from './sign-in/factor.ts';
import { impersonationHandlers } from './sign-in/impersonation.ts';
import { invitationHandlers } from './sign-in/invitation.ts';
import { ownPasswordHandlers } from './sign-in/own-password.ts';
import { sessionHandlers } from './sign-in/session.ts';
import { signingInHandlers } from './sign-in/signing-in.ts';
import { singleSignOnHandlers } from './sign-in/single-sign-on.ts';
import { siteHandlers } from './site.ts';
import { siteCloneHandlers } from './site-clone.ts';
import { siteCreateHandlers } from './site-create.ts';
import { siteSetHandlers } from './site-set.ts';
import { stagedMoveHandlers } from './staged-move.ts';
import { statisticHandlers } from './statistics.ts';
import { taskHandlers } from './task.ts';
import { tokenHandlers } from './token.ts';
import { viewHandlers } from './view.ts';

/** Streams, files on their way in or out, and what is no JSON: the app itself answers them. */
export type Direct =
  | 'task stream'
  | 'backup upload'
  | 'backup download'
  | 'audit export'
  | 'metrics'
  | 'statistic export';

/** Forget an endpoint and this does not compile. */
export type Handlers = { readonly [Name in Exclude<EndpointName, Direct>]: Handler<Name> };

export const handlers: Handlers = {
  ...clientHandlers,
  ...accountHandlers,
  ...accountAccessHandlers,
  ...signingInHandlers,
  ...singleSignOnHandlers,
  ...sessionHandlers,
  ...ownPasswordHandlers,
  ...factorHandlers,
  ...impersonationHandlers,
  ...invitationHandlers,
  ...tokenHandlers,
  ...roleHandlers,
  ...membershipHandlers,
  ...serverHandlers,
  ...agentHandlers,
  ...serviceHandlers,
  ...lookHandlers,
  ...driftHandlers,
  ...platformHandlers,
  ...siteHandlers,
  ...siteCreateHandlers,
  ...siteCloneHandlers,
  ...siteSetHandlers,
  ...aliasHandlers,
  ...packageHandlers,
  ...compareHandlers,
  ...backupHandlers,
  ...certificateHandlers,
  ...taskHandlers,
  ...batchHandlers,
  ...choiceHandlers,
  ...notificationHandlers,
  ...webhookHandlers,
  ...queueHandlers,
  ...reserveHandlers,
  ...reserveClaimHandlers,
  ...offerHandlers,
  ...orderHandlers,
  ...stagedMoveHandlers,
  ...statisticHandlers,
  ...auditHandlers,
  ...settingHandlers,
  ...viewHandlers,
  ...homeHandlers,
  ...aboutHandlers,
  openapi: async (_, { hub }) => openApi(hub.version),
};
