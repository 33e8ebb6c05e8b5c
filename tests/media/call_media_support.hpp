// The set-up of the tests of a call's media: a carrier and two voices that do as the test says, on one loop.
#pragma once

#include <hookswitch/draft.h>

#include "host/media/call_media.hpp"
#include "host/plugin/wire.hpp"
#include "tests/net/loop_support.hpp"
#include "tests/plugin/script_role.hpp"

namespace media_test {

using namespace hookswitch;
using namespace loop_test;
using namespace plugin_test;
using media::CallMedia;
using media::MediaEvents;
using plugin::view;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class CallMediaTest : public testing::Test, public MediaEvents {
 protected:
  static constexpr int carrier = 0, first = 1, second = 2;

  void SetUp() override {
    loop.start();
    scriptOf<carrier>() = {};
    scriptOf<first>() = {};
    scriptOf<second>() = {};
    scriptOf<carrier>().step = [this](const hks_msg& in, hks::Out& out) {
      if (in.type == HKS_AUDIO)
        played += std::string(view(reinterpret_cast<const hks_audio&>(in).bytes));
      else if (in.type == HKS_MARK)
        marks.emplace_back(view(reinterpret_cast<const hks_mark&>(in).name));
      else
        diary.add(std::string("carrier ") + plugin::typeName(in.type));
      return carrier_step ? carrier_step(in, out) : hks_status(HKS_OK);
    };
    scriptOf<first>().step = voice("voice");
    scriptOf<second>().step = voice("second");
    auto terms = std::make_shared<call::Terms>();
    terms->id = "call-1";
    terms->greeting = "Hello";
    terms->greeting_shield_ms = 0;
    job.terms = terms;
    job.remote_id = "CA1";
    job.carrier = {"carrier", &scriptRole<carrier>(), std::make_shared<media::Settings>(), nullptr};
    job.voices = {{"voice", &scriptRole<first>(), std::make_shared<media::Settings>(), nullptr}};
  }
  void TearDown() override {
    on(loop, [&] { media.reset(); });
    on(loop, [] {});
    loop.stop();
    io.stop(base::IoPool::Stop::abandon);
    EXPECT_EQ(scriptOf<carrier>().opened, scriptOf<carrier>().closed);
    EXPECT_EQ(scriptOf<first>().opened, scriptOf<first>().closed);
  }
  std::function<hks_status(const hks_msg&, hks::Out&)> voice(const std::string& name) {
    return [this, name](const hks_msg& in, hks::Out& out) {
      std::string entry = name + " " + plugin::typeName(in.type);
      switch (in.type) {
        case HKS_AUDIO: heard += std::string(view(reinterpret_cast<const hks_audio&>(in).bytes)); break;
        case HKS_START:
          entry += " greeting=" + std::string(view(reinterpret_cast<const hks_start&>(in).call->greeting));
          break;
        case HKS_SAY: entry += " " + std::string(view(reinterpret_cast<const hks_notice&>(in).text)); break;
        case HKS_DTMF: entry += " " + std::string(view(reinterpret_cast<const hks_mark&>(in).name)); break;
        case HKS_HEARD: entry += " " + std::string(view(reinterpret_cast<const hks_heard&>(in).item)); break;
        default: break;
      }
      if (in.type != HKS_AUDIO) diary.add(entry);
      return voice_step ? voice_step(in, out) : hks_status(HKS_OK);
    };
  }
  void start() {
    int ours = -1;
    auto stream = socketPair(ours);
    peer = std::make_unique<Peer>(ours);
    on(loop, [&] {
      media = std::make_unique<CallMedia>(loop, io, *this, job);
      media->start(std::move(stream), {});
    });
  }
  /// Both sides speak mu-law and are ready from the beginning.
  void bothReady() {
    carrier_step = [](const hks_msg& in, hks::Out& out) {
      if (in.type == HKS_CONN_OPENED) out.ready(HKS_PCMU_8K, HKS_PCMU_8K);
      return hks_status(HKS_OK);
    };
    voice_step = [](const hks_msg& in, hks::Out& out) {
      if (in.type == HKS_START) out.ready(HKS_PCMU_8K, HKS_PCMU_8K);
      return hks_status(HKS_OK);
    };
  }
  /// The carrier's socket brings a message, in answer to which its session says this.
  void carrierSays(std::function<void(hks::Out&)> say) {
    on(loop, [&] {
      carrier_step = [say](const hks_msg& in, hks::Out& out) {
        if (in.type == HKS_DATA) say(out);
        return hks_status(HKS_OK);
      };
    });
    const std::size_t before = diary.count("carrier DATA");
    peer->text("x");
    ASSERT_TRUE(diary.waitFor("carrier DATA", before + 1));
    on(loop, [] {});
  }
  /// The voice's session says this when a key is pressed.
  void voiceSays(std::function<void(hks::Out&)> say) {
    on(loop, [&] {
      voice_step = [say](const hks_msg& in, hks::Out& out) {
        if (in.type == HKS_DTMF) say(out);
        return hks_status(HKS_OK);
      };
    });
    carrierSays([](hks::Out& out) { out.dtmf("#"); });
  }

  /// So many seconds of the loop's clock, in which the loop runs and nothing comes.
  void pass(int seconds) {
    on(loop, [&] {
      base::Paced& paced = *media;
      std::int64_t now = loop.pacingUs();
      paced.pace(now);
      for (int i = 0; i < seconds; ++i) paced.pace(now += 1'000'000);
    });
  }

  // MediaEvents [loop]
  void mediaStreamStarted(const std::string& id) override { diary.add("stream started " + id); }
  [[noreturn]] static void fail() { throw std::runtime_error("a mistake"); }
  void mediaTranscript(const std::string&, call::Line line) override { diary.add("line " + line.text); }
  void mediaFarEndLeft(const std::string&) override { diary.add("the far end left"); }
  void mediaEndRequested(const std::string&, call::EndedBy by, const std::string& reason) override {
    diary.add(std::string("end by ") + call::name(by) + ": " + reason);
  }
  void mediaVoiceChanged(const std::string&, const std::string& name) override { diary.add("voice is " + name); }
  void mediaNotice(const std::string&, const std::string& plugin, unsigned, const std::string& text) override {
    diary.add("notice of " + plugin + ": " + text);
  }
  void mediaToolCall(const std::string&, std::uint64_t, const std::string& name, const std::string&) override {
    diary.add("tool " + name);
    if (name == "faulty") fail();
  }
  void mediaRecorded(const std::string&, call::Recording all) override { recorded = std::move(all); }
  void mediaStopped(const std::string& id) override { diary.add("stopped " + id); }

  base::Loop loop{"test"};
  base::IoPool io{2};
  media::MediaJob job;
  call::Recording recorded;  ///< once it has stopped
  std::unique_ptr<CallMedia> media;
  std::unique_ptr<Peer> peer;
  Diary diary;
  std::function<hks_status(const hks_msg&, hks::Out&)> carrier_step, voice_step;  // [loop]
  std::string played, heard;                                                      // [loop]
  std::vector<std::string> marks;                                                 // [loop]
};

}  // namespace media_test
