#include "plugins/twilio/form.hpp"

#include <gtest/gtest.h>

namespace hookswitch::twilio {
namespace {

TEST(TwilioForm, KeepsBlanksEmptyValuesRepeatedNamesAndBrokenEscapes) {
  Form form;
  ASSERT_TRUE(form.parse("a=+1%2B2+&b=&A=x&&a=%zz&c=%4&d&=v&e=1=2"));
  const Form::Fields expected{{"a", " 1+2 "}, {"b", ""}, {"A", "x"}, {"a", "%zz"},
                              {"c", "%4"},    {"d", ""}, {"", "v"},  {"e", "1=2"}};
  EXPECT_EQ(form.fields(), expected);
  EXPECT_EQ(form["a"], " 1+2 ");
  EXPECT_TRUE(form.has("b"));
  EXPECT_FALSE(form.has("B"));
}

TEST(TwilioForm, DecodesNulAndUtf8Bytes) {
  Form form;
  ASSERT_TRUE(form.parse("n=%00&u=Zo%c3%AB"));
  EXPECT_EQ(form["n"], std::string_view("\0", 1));
  EXPECT_EQ(form["u"], "Zo\xC3\xAB");
}

TEST(TwilioForm, IsBoundedInBytesAndFields) {
  Form form;
  EXPECT_TRUE(form.parse(std::string(Form::kMaxBytes, 'a')));
  EXPECT_FALSE(form.parse(std::string(Form::kMaxBytes + 1, 'a')));
  std::string body;
  for (std::size_t i = 0; i < Form::kMaxFields; ++i) body += "a=b&";
  EXPECT_TRUE(form.parse(body));
  EXPECT_FALSE(form.parse(body + "c=d"));
  EXPECT_TRUE(form.fields().empty());
}

TEST(TwilioForm, EncodesWhatTheReaderDecodes) {
  Form form;
  form.add("To", "+15550100002")
      .add("Url", "https://x/?a=b&c=#d e")
      .add("StatusCallbackEvent", "a")
      .add("StatusCallbackEvent", "b");
  EXPECT_EQ(
      form.encode(),
      "To=%2B15550100002&Url=https%3A%2F%2Fx%2F%3Fa%3Db%26c%3D%23d%20e&StatusCallbackEvent=a&StatusCallbackEvent=b");
  Form back;
  ASSERT_TRUE(back.parse(form.encode()));
  EXPECT_EQ(back.fields(), form.fields());
}

}  // namespace
}  // namespace hookswitch::twilio
