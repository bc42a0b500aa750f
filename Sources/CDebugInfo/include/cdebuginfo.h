// libelf, libdw and libiberty's demangler: unions, macros and GNU extensions that Swift cannot use.
#ifndef CDEBUGINFO_H
#define CDEBUGINFO_H

#endif
