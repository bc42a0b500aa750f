// libunwind's remote interface, with accessors of our own: macros and callbacks that Swift cannot use.
#ifndef CUNWIND_H
#define CUNWIND_H

#endif
