import './signal-listeners.ts';
import Conf from 'conf';
import { dropNewSignalListeners } from './signal-listeners.ts';

dropNewSignalListeners();

export { Conf };
