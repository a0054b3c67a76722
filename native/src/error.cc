#include "error.hh"

#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace {

// A failed verification prints its whole log; beyond this only its end says why.
constexpr size_t kLogLimit = 256 * 1024;

thread_local std::string* capture = nullptr;

int print(enum libbpf_print_level level, const char* format, va_list arguments) {
  if (capture == nullptr || level == LIBBPF_DEBUG) return 0;
  va_list again;
  va_copy(again, arguments);
  int length = vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (length <= 0) return 0;
  std::string line(static_cast<size_t>(length) + 1, '\0');
  vsnprintf(line.data(), line.size(), format, arguments);
  line.pop_back();
  capture->append(line);
  if (capture->size() > kLogLimit) capture->erase(0, capture->size() - kLogLimit);
  return 0;
}

}  // namespace

LogCapture::LogCapture() {
  libbpf_set_print(print);
  capture = &text_;
}

LogCapture::~LogCapture() { capture = nullptr; }

void throwKernelError(Napi::Env env, int errnum, const char* stage, const std::string& what, const std::string& log) {
  // libbpf has errors of its own above every errno (LIBBPF_ERRNO__FORMAT: not an object file).
  const char* name = strerrorname_np(errnum);
  std::string code = name != nullptr ? name : "ERR_LIBBPF";
  char text[128];
  libbpf_strerror(errnum, text, sizeof(text));
  Napi::Error error = Napi::Error::New(env, what + ": " + text + " (" + code + ")");
  error.Set("code", Napi::String::New(env, code));
  error.Set("errno", Napi::Number::New(env, errnum));
  error.Set("stage", Napi::String::New(env, stage));
  error.Set("log", Napi::String::New(env, log));
  throw error;
}
