/** What the sign-up page and its mail say. */
const en = {
  language: 'en',
  name: 'Address of your site',
  nameAbout: 'Small letters, digits and hyphens.',
  title: 'Title of your site',
  email: 'Your e-mail address',
  account: 'User name in your site (optional)',
  accountAbout: 'Letters, digits, dots and hyphens.',
  order: 'Get my site',
  wrong: {
    some: 'Please correct what is marked.',
    name: 'Only small letters, digits and hyphens, 40 at most.',
    taken: 'This address is taken. Choose another one.',
    title: 'This title cannot be used.',
    email: 'This is not an e-mail address.',
    account: 'Begin with a letter; then letters, digits, dots, hyphens and _, 60 at most.',
    other: 'This value cannot be used.',
  },
  sent: {
    title: 'Look into your mailbox',
    about: (email: string) => `We have sent a mail to ${email}. Open the link in it, and your site is made.`,
    nothing: 'Nothing has come? Look whether it was taken for spam, or sign up again with the right address.',
  },
  confirm: {
    title: 'One more step',
    about: (host: string) => `Your site will be at ${host}.`,
    act: 'Make my site',
    used: 'This link was used already',
    usedAbout: (host: string) => `The site ${host} was ordered with it. It is made once.`,
  },
  working: { title: 'Your site is being made', about: 'This takes a few moments. The page goes on by itself.' },
  ready: {
    title: 'Your site is ready',
    about: 'The button lets you in, once. Then choose a password in your account there.',
    act: 'Open my site',
    only: 'Go to my site',
  },
  failed: {
    title: 'That did not work',
    about: 'Your site could not be made yet. Somebody has been told, and looks at it.',
  },
  problem: {
    throttled: 'Too many requests just now. Please try again later.',
    gone: 'There is nothing here (any more). A link from a mail is good once, for a day.',
    other: 'It is not possible just now. Please try again later.',
    forbidden: 'This form was sent from another page. Please fill it in here.',
    back: 'Sign up again',
  },
  mail: {
    subject: (title: string) => `${title}: please confirm your e-mail address`,
    about: 'Somebody, most likely you, has asked for a site with this e-mail address. Open this link, and it is made:',
    ignore: (hours: number) =>
      `The link is good once, for ${hours} hours. If it was not you, do nothing: nothing was made, and you get no more mails.`,
  },
};

const fr: typeof en = {
  language: 'fr',
  name: 'Adresse de votre site',
  nameAbout: 'Lettres minuscules, chiffres et traits d’union.',
  title: 'Titre de votre site',
  email: 'Votre adresse e-mail',
  account: 'Nom d’utilisateur dans votre site (facultatif)',
  accountAbout: 'Lettres, chiffres, points et traits d’union.',
  order: 'Obtenir mon site',
  wrong: {
    some: 'Veuillez corriger ce qui est signalé.',
    name: 'Seulement des lettres minuscules, des chiffres et des traits d’union, 40 au plus.',
    taken: 'Cette adresse est prise. Choisissez-en une autre.',
    title: 'Ce titre n’est pas possible.',
    email: 'Ce n’est pas une adresse e-mail.',
    account: 'Une lettre d’abord ; puis lettres, chiffres, points, traits d’union et _, 60 au plus.',
    other: 'Cette valeur n’est pas possible.',
  },
  sent: {
    title: 'Consultez votre boîte aux lettres',
    about: (email) => `Nous avons envoyé un message à ${email}. Ouvrez le lien qu’il contient, et votre site est fait.`,
    nothing: 'Rien n’est arrivé ? Regardez parmi les indésirables, ou inscrivez-vous de nouveau avec la bonne adresse.',
  },
  confirm: {
    title: 'Encore une étape',
    about: (host) => `Votre site sera à l’adresse ${host}.`,
    act: 'Faire mon site',
    used: 'Ce lien a déjà servi',
    usedAbout: (host) => `Le site ${host} a été commandé avec lui. Il est fait une seule fois.`,
  },
  working: {
    title: 'Votre site est en préparation',
    about: 'Cela prend quelques instants. La page avance toute seule.',
  },
  ready: {
    title: 'Votre site est prêt',
    about: 'Le bouton vous fait entrer, une seule fois. Choisissez alors un mot de passe dans votre compte.',
    act: 'Ouvrir mon site',
    only: 'Aller à mon site',
  },
  failed: {
    title: 'Cela n’a pas marché',
    about: 'Votre site n’a pas encore pu être fait. Quelqu’un est prévenu et s’en occupe.',
  },
  problem: {
    throttled: 'Trop de demandes en ce moment. Réessayez plus tard.',
    gone: 'Il n’y a rien ici (ou plus rien). Le lien d’un message est valable une fois, pendant un jour.',
    other: 'Ce n’est pas possible en ce moment. Réessayez plus tard.',
    forbidden: 'Ce formulaire a été envoyé depuis une autre page. Remplissez-le ici.',
    back: 'S’inscrire de nouveau',
  },
  mail: {
    subject: (title) => `${title} : confirmez votre adresse e-mail`,
    about: 'Quelqu’un, vous sans doute, a demandé un site avec cette adresse e-mail. Ouvrez ce lien, et il est fait :',
    ignore: (hours) =>
      `Le lien est valable une fois, pendant ${hours} heures. Si ce n’était pas vous, ne faites rien : rien n’a été fait, et vous ne recevrez pas d’autre message.`,
  },
};

export type SignUpText = typeof en;

/** As a browser says it (Accept-Language), or as it was kept; English where it is none of ours. */
export const signUpText = (language: string): SignUpText => (/^\s*fr\b/i.test(language) ? fr : en);
