// What the running kernel's own types say of its functions.
#pragma once
#include <napi.h>

Napi::Value parameters(const Napi::CallbackInfo& info);
