/**
 * What a browser may agree on with our web servers, besides TLS 1.3, whose own ciphers are all good: the profile 'intermediate' of
 * https://wiki.mozilla.org/Security/Server_Side_TLS (5.7), by which every browser of the last ten years gets in. Without its two
 * with DHE, which need a file of parameters and serve nobody who does not also speak ECDHE. The order is the browser's to choose,
 * as it knows what its processor does fast.
 */
export const tlsCiphers = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');
