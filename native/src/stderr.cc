// Debian's libbpf.a is position independent but for one thing: it takes the address of stderr, a variable of another
// library, which a shared object cannot have. build.mjs renames that symbol in a copy of the archive to this one.
#include <cstdio>

extern "C" {
__attribute__((visibility("hidden"))) FILE* nfscope_stderr;
__attribute__((constructor)) static void setStderr() { nfscope_stderr = stderr; }
}
