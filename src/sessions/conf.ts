import '../model/signal-listeners.ts';
import Conf from 'conf';
import { dropNewSignalListeners } from '../model/signal-listeners.ts';

dropNewSignalListeners();

export { Conf };
