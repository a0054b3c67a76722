#include <napi.h>

#include "session.hh"

static Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  exports.Set("Session", Session::define(env));
  return exports;
}

NODE_API_MODULE(nfscope, initialize)
