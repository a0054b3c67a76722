// Errors of libbpf and the kernel as JavaScript errors: { code: 'EPERM', errno: 1, stage: 'load', log: '...' }.
#pragma once
#include <napi.h>

#include <string>

// While one lives, what libbpf prints on this thread (the verifier's log included) is kept for the next error.
class LogCapture {
 public:
  LogCapture();
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// errnum: positive errno. stage: open, configure, load, map, attach, drain, run.
[[noreturn]] void throwKernelError(Napi::Env env, int errnum, const char* stage, const std::string& what, const std::string& log = "");
