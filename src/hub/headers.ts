/** What every answer says to browsers, whatever is asked and whatever is answered. */
export const everywhere: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy':
    'accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=(), publickey-credentials-create=(self), publickey-credentials-get=(self)',
  // For what is no page: were it ever taken for one, it could do nothing.
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

/** For what is answered to one person at one moment: no browser and no server in between keeps it. */
export const unkept = { 'cache-control': 'no-store' };

/** Two years, as the lists of browsers want it. Over http nobody may say it, as others may have written it. */
export const onlyEncrypted = { 'strict-transport-security': 'max-age=63072000' };

/** Scripts are files of ours and nothing else; style attributes may be written, as the components of the panel do. */
export const ofPage: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cache-control': 'no-cache',
};

/** A page that says itself whom it lets show it in a frame: browsers that know that ignore the older header, which knows no names. */
export const mayBeFramed = (headers: Headers): boolean =>
  /frame-ancestors (?!'none')/.test(headers.get('content-security-policy') ?? '');
