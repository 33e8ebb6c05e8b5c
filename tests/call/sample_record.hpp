// A call that is being talked in, with every text that it may have.
#pragma once

#include <memory>

#include "host/call/call.hpp"

namespace call_test {

inline hookswitch::call::Record sampleRecord() {
  using namespace hookswitch::call;
  auto terms = std::make_shared<Terms>();
  terms->id = "00000000-0000-4000-8000-000000000001";
  terms->carrier = "twilio";
  terms->voice = "openai";
  terms->to_number = "+15550100002";
  terms->from_number = "+15550100001";
  terms->media_url = "wss://gateway.example/twilio/media-stream/SECRET-TOKEN";
  terms->metadata_json = R"({"order":7})";
  Record r;
  r.terms = terms;
  r.status = Status::in_progress;
  r.started_unix_ms = 1769868200000;
  r.answered_unix_ms = 1769868202123;
  return r;
}

}  // namespace call_test
