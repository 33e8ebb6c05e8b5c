#include "tests/bench/storm/options.hpp"

#include <cstdlib>
#include <sstream>

namespace storm {

const char kUsage[] =
    "hookswitch-storm [rows] [how]: a floor program and the gateway in turn, one table\n"
    "  --calls 10,100,200        how many calls at once\n"
    "  --modes echo,talk         the model sends every frame back | it speaks in deltas of 200 ms\n"
    "  --forms pcmu,pcm24,gemini what the model speaks\n"
    "  --model plain,tls         ws | wss to the model\n"
    "  --full                    all of these, and what the machine carries\n"
    "  --most                    what the machine carries: more and more calls until one is not served well\n"
    "  --cores same,apart        program and generator on one core | each on its own\n"
    "  --only floor | gateway    one of the two programs\n"
    "  --seconds 3 --turns 3     how long each is measured, how often; medians are shown\n"
    "  --soak MINUTES            200 calls (or --calls): memory and lateness stay where they are\n"
    "  --setup RATE              so many calls a second for --seconds (60), and how they came up\n"
    "  --offer N                 so many calls on the same cores: who is let in, and what those get\n"
    "  --rate 100                so many of them a second\n";

namespace {

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

/// The lists that rows are made of.
struct Lists {
  std::vector<unsigned> calls;
  std::vector<Mode> modes;
  std::vector<Form> forms;
  std::vector<bool> tls;
  bool any() const { return !calls.empty() || !modes.empty() || !forms.empty() || !tls.empty(); }
};

bool addCalls(Lists& lists, const std::string& word) {
  const long calls = std::atol(word.c_str());
  if (calls < 1 || calls > 20000) return false;
  lists.calls.push_back(unsigned(calls));
  return true;
}

bool addMode(Lists& lists, const std::string& word) {
  for (const Mode mode : {Mode::echo, Mode::talk})
    if (word == nameOf(mode)) return lists.modes.push_back(mode), true;
  return false;
}

bool addForm(Lists& lists, const std::string& word) {
  for (const Form form : {Form::pcmu, Form::pcm24, Form::gemini})
    if (word == nameOf(form)) return lists.forms.push_back(form), true;
  return false;
}

bool addModel(Lists& lists, const std::string& word) {
  if (word != "plain" && word != "tls") return false;
  lists.tls.push_back(word == "tls");
  return true;
}

bool each(Lists& lists, const std::string& value, bool (*add)(Lists&, const std::string&)) {
  const auto words = split(value);
  for (const std::string& word : words)
    if (!add(lists, word)) return false;
  return !words.empty();
}

void makeRows(Options& options, Lists lists, bool full) {
  if (!lists.any() && !full) {
    options.rows = {{{Form::pcmu, Mode::echo, false}, 10},
                    {{Form::pcmu, Mode::echo, false}, 200},
                    {{Form::pcm24, Mode::echo, false}, 200},
                    {{Form::pcmu, Mode::talk, false}, 100},
                    {{Form::pcmu, Mode::echo, true}, 200}};
    return;
  }
  if (lists.calls.empty()) lists.calls = full ? std::vector<unsigned>{10, 100, 200} : std::vector<unsigned>{200};
  if (lists.modes.empty())
    lists.modes = full ? std::vector<Mode>{Mode::echo, Mode::talk} : std::vector<Mode>{Mode::echo};
  if (lists.forms.empty())
    lists.forms = full ? std::vector<Form>{Form::pcmu, Form::pcm24, Form::gemini} : std::vector<Form>{Form::pcmu};
  if (lists.tls.empty()) lists.tls = full ? std::vector<bool>{false, true} : std::vector<bool>{false};
  for (const bool tls : lists.tls)
    for (const Form form : lists.forms)
      for (const Mode mode : lists.modes)
        for (const unsigned calls : lists.calls) options.rows.push_back({{form, mode, tls}, calls});
}

bool readCores(Options& options, const std::string& value) {
  options.same = options.apart = false;
  for (const std::string& word : split(value)) {
    if (word != "same" && word != "apart") return false;
    (word == "same" ? options.same : options.apart) = true;
  }
  return options.same || options.apart;
}

bool readOnly(Options& options, const std::string& value) {
  options.floor = value == "floor";
  options.gateway = value == "gateway";
  return options.floor || options.gateway;
}

bool number(const std::string& value, double least, double& to) {
  char* end = nullptr;
  to = std::strtod(value.c_str(), &end);
  return end != value.c_str() && *end == 0 && to >= least;
}

/// An option with a value; false when the value does not fit it.
bool readValue(Options& options, Lists& lists, const std::string& name, const std::string& value) {
  double plain = 0;
  if (name == "--calls") return each(lists, value, addCalls);
  if (name == "--modes") return each(lists, value, addMode);
  if (name == "--forms") return each(lists, value, addForm);
  if (name == "--model") return each(lists, value, addModel);
  if (name == "--cores") return readCores(options, value);
  if (name == "--only") return readOnly(options, value);
  if (name == "--seconds") return number(value, 0.1, options.seconds);
  if (name == "--soak") return number(value, 0.1, options.soak_minutes);
  if (name == "--rate") return number(value, 1, options.offer_rate);
  if (name == "--setup") return number(value, 0.1, options.setup_rate);
  if (!number(value, 1, plain)) return false;
  if (name == "--turns") return options.turns = unsigned(plain), true;
  if (name == "--offer") return options.offer = unsigned(plain), true;
  return false;
}

}  // namespace

Options readOptions(int argc, char** argv) {
  Options options;
  Lists lists;
  bool full = false, seconds = false;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--full") {
      full = options.most = true;
    } else if (name == "--most") {
      options.most = true;
    } else if (name == "--help") {
      options.help = true;
    } else if (i + 1 == argc || !readValue(options, lists, name, argv[i + 1])) {
      options.problem = "do not understand " + name + (i + 1 < argc ? std::string(" ") + argv[i + 1] : std::string());
      return options;
    } else {
      seconds |= name == "--seconds";
      ++i;
    }
  }
  if (!seconds && options.setup_rate > 0) options.seconds = 60;
  if (!seconds && options.offer > 0) options.seconds = 10;
  const bool one = options.soak_minutes > 0 || options.setup_rate > 0 || options.offer > 0;
  if (full || lists.any() || (!options.most && !one)) makeRows(options, lists, full);
  return options;
}

}  // namespace storm
