import './styles.ts';
import './style/base.css';
import './style/shell.css';
import './style/palette.css';
import './style/parts.css';
import './style/lists.css';
import './style/tasks.css';
import './style/home.css';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { speakOfInput } from '../model/input-words.ts';
import { loadSession, queries } from './hub.ts';
import { tellProblem } from './parts/tell.ts';
import { ToldList } from './parts/told-list.tsx';
import { router } from './routes.tsx';
import { loadLanguage } from './text/text.ts';
import { theme, variables } from './theme.ts';

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
speakOfInput();
await loadLanguage();
await loadSession().catch(tellProblem);
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" cssVariablesResolver={variables}>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
        <ToldList />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
