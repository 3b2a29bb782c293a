/*
 * version.h - what --version says, and the User-Agent of requests.
 */
#ifndef TAPBYTE_VERSION_H
#define TAPBYTE_VERSION_H

#define TAPBYTE_VERSION "0.1.0"

#endif
