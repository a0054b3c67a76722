#include <napi.h>

#include "parameters.hh"
#include "session.hh"

static Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  exports.Set("Session", Session::define(env));
  exports.Set("parameters", Napi::Function::New(env, parameters, "parameters"));
  return exports;
}

NODE_API_MODULE(nfscope, initialize)
